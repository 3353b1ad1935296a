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
    return multiply({ rows, kernel, shift }, n_embed, embed_dim);
  };
  return new Map(tensors).set('table', { shape: [n_embed, z_channels], dtype: 'F32', read });
}

interface Factors {
  /** [n, e] */
  readonly rows: Float32Array;
  /** [z, e] */
  readonly kernel: Float32Array;
  /** [z] */
  readonly shift: Float32Array;
}

/** rows [n, e] · kernelᵀ [e, z] + shift [z] → [n, z], two rows and four columns at a time: sums stay in registers. */
function multiply({ rows, kernel, shift }: Factors, count: number, inner: number): Float32Array {
  const width = shift.length;
  const table = new Float32Array(count * width);
  for (let row = 0; row < count; row += 2) {
    for (let column = 0; column < width; column += 4) {
      if (row + 2 <= count && column + 4 <= width) {
        sumBlock({ rows, kernel, shift }, inner, row, column, table);
        continue;
      }
      for (let n = row; n < Math.min(row + 2, count); n++) {
        for (let z = column; z < Math.min(column + 4, width); z++) {
          let sum = shift[z]!;
          for (let k = 0; k < inner; k++) sum += rows[n * inner + k]! * kernel[z * inner + k]!;
          table[n * width + z] = sum;
        }
      }
    }
  }
  return table;
}

/** Three times as fast as a row at a time: a codebook of 16,384 × 256 takes 0.7 s in place of 2.2. */
function sumBlock({ rows, kernel, shift }: Factors, e: number, row: number, column: number, table: Float32Array): void {
  const width = shift.length;
  let [a0, a1, a2, a3] = [shift[column]!, shift[column + 1]!, shift[column + 2]!, shift[column + 3]!];
  let [b0, b1, b2, b3] = [a0, a1, a2, a3];
  for (let k = 0, p = row * e, q = column * e; k < e; k++, p++, q++) {
    const x = rows[p]!;
    const y = rows[p + e]!;
    const w0 = kernel[q]!;
    const w1 = kernel[q + e]!;
    const w2 = kernel[q + 2 * e]!;
    const w3 = kernel[q + 3 * e]!;
    a0 += x * w0;
    a1 += x * w1;
    a2 += x * w2;
    a3 += x * w3;
    b0 += y * w0;
    b1 += y * w1;
    b2 += y * w2;
    b3 += y * w3;
  }
  table.set([a0, a1, a2, a3], row * width + column);
  table.set([b0, b1, b2, b3], (row + 1) * width + column);
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
