/**
 * The nets of min-dalle mini in memory, with random weights: the BART that draws tokens for an English text, and the
 * VQGAN decoder that turns them into pictures. Their sizes are those of the published files (kuprel/min-dalle).
 */
import { imageTokens, type BartDecoderArchitecture, type BartEncoderArchitecture } from '../nets/bart/architecture.ts';
import { expectedNetTensors, type NetArchitecture } from '../nets/net-kinds.ts';
import type { VqganDecoderArchitecture } from '../nets/vqgan/architecture.ts';
import type { TensorData, Weights } from '../nets/weights.ts';
import { roundToHalf } from '../ops/cast/half.ts';
import { createRandom } from '../test/helpers/random.ts';
import { countElements } from '../weights-convert/torch/tensor-record.ts';

const common = { dim: 1024, depth: 12, heads: 16, glu_size: 2730, norm_weights: false } as const;

export const MINI_ENCODER: BartEncoderArchitecture = {
  kind: 'bart-encoder',
  ...common,
  text_length: 64,
  text_vocab: 50_264,
  text_start: 0,
  text_end: 2,
  text_pad: 1,
};

export const MINI_DECODER: BartDecoderArchitecture = {
  kind: 'bart-decoder',
  ...common,
  grid: [16, 16],
  image_rows: 16_385,
  image_vocab: 16_384,
  start_token: 16_383,
};

export const DETOKENIZER: VqganDecoderArchitecture = {
  kind: 'vqgan-decoder',
  ch: 128,
  ch_mult: [1, 1, 2, 2, 4],
  num_res_blocks: 2,
  attn_levels: [4],
  z_channels: 256,
  embed_dim: 256,
  n_embed: 16_384,
  quantiser: 'vector',
  epsilon: 1e-5,
  pixel_range: [0, 1],
  out_ch: 3,
};

/** Random weights whose activations stay near 1: uniform numbers, narrower the more inputs a product adds up. */
export function makeRandomWeights<Architecture extends NetArchitecture>(
  architecture: Architecture,
): Weights<Architecture> {
  const random = createRandom(20_221);
  const tensors = [...expectedNetTensors(architecture)].map(([name, shape]): [string, TensorData] => {
    const inputs = shape.slice(1).reduce((product, size) => product * size, 1);
    const isNorm = /norm\d?.*\.weight$|norm_out\.weight$/.test(name) && shape.length === 1;
    const spread = shape.length === 1 ? 0.1 : /^embed|^embedding|^quantize/.test(name) ? 1 : Math.sqrt(3 / inputs);
    const data = new Float32Array(countElements(shape));
    for (let at = 0; at < data.length; at++) data[at] = (isNorm ? 1 : 0) + spread * (2 * random.uniform() - 1);
    return [name, { shape, dtype: 'F32', read: async () => data }];
  });
  const source = { name: 'random', bytes: 0, container: 'safetensors' } as const;
  return { architecture, tensors: new Map(tensors), source, close: async () => {} };
}

/** The same weights rounded to half, as the published files have them. */
export function halveWeights<Architecture extends NetArchitecture>(
  weights: Weights<Architecture>,
): Weights<Architecture> {
  const halved = [...weights.tensors].map(([name, { shape, read }]): [string, TensorData] => {
    return [name, { shape, dtype: 'F16', read: async () => (await read()).map(roundToHalf) }];
  });
  return { ...weights, tensors: new Map(halved) };
}

/** Rows of a prompt of nine words, and of the empty one that guidance starts from: start, words, end, pads. */
export function makePromptRows({ text_length, text_start, text_end, text_pad }: BartEncoderArchitecture): Int32Array {
  const rows = new Int32Array(2 * text_length).fill(text_pad);
  const words = Array.from({ length: 9 }, (_, at) => 100 + 31 * at);
  rows.set([text_start, ...words, text_end]);
  rows.set([text_start, text_end], text_length);
  return rows;
}

/** Bytes of weights that a step must read: products of all layers, but not those of the text's keys and values. */
export function countMiniStepBytes(decoder: BartDecoderArchitecture, bytesEach: number): number {
  const read = [...expectedNetTensors(decoder)].filter(
    ([name, shape]) => shape.length === 2 && !/^embed|encoder_attn\.[kv]_proj/.test(name),
  );
  return bytesEach * read.reduce((sum, [, shape]) => sum + countElements(shape), 0);
}

/** Image tokens of a picture. */
export const miniPlaces: number = imageTokens(MINI_DECODER);
