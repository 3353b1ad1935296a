/**
 * A transformer's weights as TensorFlow.js computes with them at fewest draws, all by exact algebra on the CPU: gain
 * and shift of a LayerNorm go into the product after it; what is written to the residual stream is centred, so that a
 * LayerNorm only divides; the scale of the scores goes into q; and u = x / √2 leaves gelu(x) = u · (1 + erf u) / √2,
 * whose factor goes into the next product.
 *
 * Products are [O, K] with bias [O], K inputs and O outputs.
 */
import type { TransformerArchitecture } from '../../nets/transformer/architecture.ts';
import { deriveTables } from '../../nets/transformer/tables.ts';
import type { TransformerModel } from './transformer-peer.ts';

export interface Product {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly outputs: number;
  readonly inputs: number;
}

export type LayerProducts = Readonly<Record<'query' | 'key' | 'value' | 'out' | 'up' | 'down', Product>>;

export interface FoldedWeights {
  readonly layers: readonly LayerProducts[];
  readonly head: Product;
  /** Centred rows, [rows, dim]: of text tokens, of image tokens, of positions. */
  readonly text: Float32Array;
  readonly image: Float32Array;
  readonly positions: Float32Array;
}

export async function foldWeights({ architecture, tensors }: TransformerModel): Promise<FoldedWeights> {
  checkArchitecture(architecture);
  const derived = deriveTables(architecture, tensors);
  const read = async (name: string): Promise<Float32Array> => new Float32Array(await derived.get(name)!.read());
  const { dim, heads, head_size } = architecture;
  const inner = heads * head_size;
  const readProduct = async (path: string): Promise<Product> => {
    const weight = await read(`${path}.weight`);
    const outputs = derived.get(`${path}.weight`)!.shape[0]!;
    const bias = derived.has(`${path}.bias`) ? await read(`${path}.bias`) : new Float32Array(outputs);
    return { weight, bias, outputs, inputs: weight.length / outputs };
  };
  const afterNorm = async (norm: string, path: string): Promise<Product> => {
    const product = await readProduct(path);
    foldNorm(product, await read(`${norm}.weight`), await read(`${norm}.bias`));
    return product;
  };
  const layers: LayerProducts[] = [];
  for (let layer = 0; layer < architecture.depth; layer++) {
    const path = `layers.${layer}`;
    const qkv = await afterNorm(`${path}.attention_norm`, `${path}.attention.qkv`);
    const [query, key, value] = [0, 1, 2].map((part) => takeOutputs(qkv, part * inner, inner)) as Triple;
    const out = await readProduct(`${path}.attention.out`);
    const up = await afterNorm(`${path}.mlp_norm`, `${path}.mlp.up`);
    const down = await readProduct(`${path}.mlp.down`);
    scale(query.weight, 1 / Math.sqrt(head_size));
    scale(query.bias, 1 / Math.sqrt(head_size));
    for (const numbers of [up.weight, up.bias, down.weight]) scale(numbers, Math.SQRT1_2);
    for (const product of [out, down]) centreOutputs(product);
    layers.push({ query, key, value, out, up, down });
  }
  return {
    layers,
    head: await afterNorm('final_norm', 'image_head'),
    text: centreRows(await read('text_embedding.weight'), dim),
    image: centreRows(await read('image_embedding.weight'), dim),
    positions: centreRows(await read('position'), dim),
  };
}

type Triple = [Product, Product, Product];

function checkArchitecture({ activation, norm, layer_scale, position, shift_tokens }: TransformerArchitecture): void {
  if (activation === 'gelu-erf' && norm === 'pre' && !layer_scale && position !== 'rotary' && !shift_tokens) return;
  throw new Error('foldWeights: the TensorFlow.js peer knows the emoji model and those of the paper’s shape only.');
}

function foldNorm({ weight, bias, outputs, inputs }: Product, gain: Float32Array, shift: Float32Array): void {
  for (let o = 0; o < outputs; o++) {
    const row = weight.subarray(o * inputs, (o + 1) * inputs);
    let sum = bias[o]!;
    for (let k = 0; k < inputs; k++) {
      sum += row[k]! * shift[k]!;
      row[k]! *= gain[k]!;
    }
    bias[o] = sum;
  }
}

function takeOutputs({ weight, bias, inputs }: Product, first: number, outputs: number): Product {
  return {
    weight: weight.slice(first * inputs, (first + outputs) * inputs),
    bias: bias.slice(first, first + outputs),
    outputs,
    inputs,
  };
}

/** Takes the mean over outputs from every output: LayerNorm does not see it. */
function centreOutputs({ weight, bias, outputs, inputs }: Product): void {
  const means = new Float64Array(inputs);
  weight.forEach((value, at) => (means[at % inputs]! += value / outputs));
  weight.forEach((value, at) => (weight[at] = value - means[at % inputs]!));
  centreRows(bias, outputs);
}

function centreRows(rows: Float32Array, width: number): Float32Array {
  for (let start = 0; start < rows.length; start += width) {
    const row = rows.subarray(start, start + width);
    const mean = row.reduce((sum, value) => sum + value, 0) / width;
    row.forEach((value, index) => (row[index] = value - mean));
  }
  return rows;
}

function scale(numbers: Float32Array, factor: number): void {
  numbers.forEach((value, index) => (numbers[index] = value * factor));
}
