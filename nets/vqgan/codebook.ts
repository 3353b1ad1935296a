/**
 * A codebook in the forms that the nets look it up in, each made when a plan first uploads it. Folding is exact but for
 * rounding: sums are float64 and rounded once.
 * n codes, e numbers in a row of the codebook, z channels of the latent.
 */
import type { TensorData } from '../weights.ts';
import { codebookName } from './tensors.ts';
import type { VqganDecoderArchitecture, VqganEncoderArchitecture } from './architecture.ts';

type Tensors = ReadonlyMap<string, TensorData>;

/** The tensors of a decoder and `table` [n, z]: each row of the codebook behind `post_quant_conv`. */
export function deriveTable(architecture: VqganDecoderArchitecture, tensors: Tensors): Tensors {
  const { n_embed, embed_dim, z_channels } = architecture;
  const [codebook, weight, bias] = [codebookName(architecture), 'post_quant_conv.weight', 'post_quant_conv.bias'].map(
    (name) => tensors.get(name)!,
  ) as [TensorData, TensorData, TensorData];
  const read = async (): Promise<Float32Array> => {
    const [rows, kernel, shift] = await Promise.all([codebook.read(), weight.read(), bias.read()]);
    return multiply(rows, { kernel, shift }, n_embed, embed_dim);
  };
  return new Map(tensors).set('table', { shape: [n_embed, z_channels], dtype: 'F32', read });
}

/** rows [n, e] · kernelᵀ [e, z] + shift [z] → [n, z]. The kernel is turned once, for an inner loop along it. */
function multiply(
  rows: Float32Array,
  { kernel, shift }: { readonly kernel: Float32Array; readonly shift: Float32Array },
  count: number,
  inner: number,
): Float32Array {
  const width = shift.length;
  const turned = Float32Array.from(kernel, (_, at) => kernel[(at % width) * inner + Math.floor(at / width)]!);
  const table = new Float32Array(count * width);
  const sums = new Float64Array(width);
  for (let row = 0; row < count; row++) {
    sums.set(shift);
    for (let k = 0; k < inner; k++) {
      const value = rows[row * inner + k]!;
      for (let j = 0, at = k * width; j < width; j++, at++) sums[j]! += value * turned[at]!;
    }
    table.set(sums, row * width);
  }
  return table;
}

/**
 * The tensors of an encoder with `scores.weight` [n, e, 1, 1] and `scores.bias` [n]: of a product with these the
 * largest is the code. For a vector quantiser, whose code is the row e nearest to z, that is z·e − |e|²/2.
 */
export function deriveScores({ quantiser, n_embed, embed_dim }: VqganEncoderArchitecture, tensors: Tensors): Tensors {
  const derived = new Map(tensors);
  if (quantiser === 'gumbel') {
    for (const kind of ['weight', 'bias']) derived.set(`scores.${kind}`, tensors.get(`quantize.proj.${kind}`)!);
    return derived;
  }
  const codebook = tensors.get('quantize.embedding.weight')!;
  const readBias = async (): Promise<Float32Array> => halveSquares(await codebook.read(), embed_dim);
  derived.set('scores.weight', { ...codebook, shape: [n_embed, embed_dim, 1, 1] });
  return derived.set('scores.bias', { shape: [n_embed], dtype: 'F32', read: readBias });
}

/** −|e|²/2 of each row e. */
function halveSquares(rows: Float32Array, width: number): Float32Array {
  return Float32Array.from({ length: rows.length / width }, (_, row) => {
    let sum = 0;
    for (let at = row * width; at < (row + 1) * width; at++) sum += rows[at]! ** 2;
    return -sum / 2;
  });
}
