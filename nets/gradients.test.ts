/**
 * Every net of the package can be differentiated by each of its weights: a way back is made through all of its ops, and
 * each weight gets a gradient of its shape that is not nothing. What the ops pass back is tested beside them.
 */
import { expect, test } from 'vitest';
import { constant, countUses, placeholder, sortTopologically } from '../engine/index.ts';
import type { Tensor, TensorType } from '../engine/index.ts';
import { add, gradients, sum } from '../ops/index.ts';
import { TINY as tinyClip } from '../test/helpers/clip-golden.ts';
import { bartCases } from '../test/helpers/bart-golden.ts';
import { wholeSequence as wholeBart } from './bart/sequence.ts';
import { deriveTables as deriveBart } from './bart/tables.ts';
import { deriveProducts } from './clip/tables.ts';
import { encodePictures, encodeTexts } from './clip/towers.ts';
import { deriveTransposed } from './discrete-vae/transposed.ts';
import * as discreteVae from './discrete-vae/nets.ts';
import { decoder as dvaeDecoder } from './dvae/decoder.ts';
import { encoder as dvaeEncoder } from './dvae/encoder.ts';
import { expectedNetTensors, type NetArchitecture } from './net-kinds.ts';
import { configurations } from './transformer/configurations.ts';
import { wholeSequence } from './transformer/sequence.ts';
import { deriveTables } from './transformer/tables.ts';
import { decoder as vqganDecoder } from './vqgan/decoder.ts';
import type { VqganEncoderArchitecture } from './vqgan/architecture.ts';
import { encoder as vqganEncoder } from './vqgan/encoder.ts';
import type { TensorData } from './weights.ts';
import type { WeightTree } from './weight-tree.ts';

type Tensors = ReadonlyMap<string, TensorData>;

/** Weights of a net that nobody reads, and those of them that its program asked for. */
function fakeWeights<A extends NetArchitecture>(
  architecture: A,
  derive: (architecture: A, tensors: Tensors) => Tensors = (_, tensors) => tensors,
): { readonly tree: WeightTree; readonly asked: Map<string, Tensor> } {
  const read = async (): Promise<Float32Array> => new Float32Array();
  const expected = [...expectedNetTensors(architecture)];
  const data = derive(architecture, new Map(expected.map(([name, shape]) => [name, { shape, dtype: 'F32', read }])));
  const asked = new Map<string, Tensor>();
  const get = (name: string): Tensor => {
    const { shape } = data.get(name)!;
    const known = asked.get(name) ?? constant(name, { shape, dtype: 'f32' }, read);
    asked.set(name, known);
    return known;
  };
  return { tree: { has: (name) => data.has(name), get, handOn: (x) => x }, asked };
}

const input = (shape: readonly number[], dtype: TensorType['dtype'] = 'f32'): Tensor =>
  placeholder('x', { shape, dtype });

/** The gradient of the sum of some results by every weight that their program asked for. */
function expectGradients(results: readonly Tensor[], asked: ReadonlyMap<string, Tensor>): void {
  const weights = [...asked.values()].filter((weight) => countUses(sortTopologically(results), results).has(weight));
  expect(weights.length).toBe(asked.size);
  const loss = results.map((result) => sum(result)).reduce(add);
  const found = gradients(loss, weights);
  found.forEach((gradient, at) => {
    expect(gradient.shape).toEqual(weights[at]!.shape);
    expect(gradient.op.name, [...asked.keys()][at]).not.toBe('broadcast_to'); // of what the loss does not depend on
  });
}

const vqgan: Omit<VqganEncoderArchitecture, 'kind' | 'in_channels'> = {
  ...{ ch: 32, ch_mult: [1, 2], num_res_blocks: 1, attn_levels: [1], z_channels: 8, embed_dim: 8, n_embed: 16 },
  quantiser: 'vector',
  epsilon: 1e-6,
  pixel_range: [-1, 1],
};
const discrete = { channels: 3, num_layers: 2, num_resnet_blocks: 1, hidden_dim: 8, num_tokens: 16 } as const;
const dvae = { n_hid: 8, n_blk_per_group: 1, vocab_size: 16, group_count: 4 } as const;

test('the discrete VAE', () => {
  const encoder = { kind: 'dvae-encoder', ...dvae, input_channels: 3 } as const;
  const decoder = { kind: 'dvae-decoder', ...dvae, n_init: 8, output_channels: 3 } as const;
  const [own, other] = [fakeWeights(encoder), fakeWeights(decoder)];
  expectGradients([dvaeEncoder(encoder, own.tree, input([2, 3, 16, 16]))], own.asked);
  expectGradients([dvaeDecoder(decoder, other.tree, input([2, 16, 2, 2]))], other.asked);
});

test('VQGANs', () => {
  const encoder = { kind: 'vqgan-encoder', ...vqgan, in_channels: 3 } as const;
  const decoder = { kind: 'vqgan-decoder', ...vqgan, out_ch: 3, wavelet: 'haar' } as const;
  const [own, other] = [fakeWeights(encoder), fakeWeights(decoder)];
  expectGradients([vqganEncoder(encoder, own.tree, input([1, 3, 8, 8]))], own.asked);
  expectGradients([vqganDecoder(decoder, other.tree, input([1, 8, 4, 4]))], other.asked);
});

test("DALLE-pytorch's DiscreteVAE", () => {
  const encoder = { kind: 'discrete-vae-encoder', ...discrete } as const;
  const decoder = { kind: 'discrete-vae-decoder', ...discrete, codebook_dim: 8 } as const;
  const [own, other] = [fakeWeights(encoder), fakeWeights(decoder, deriveTransposed)];
  expectGradients([discreteVae.encoder(encoder, own.tree, input([1, 3, 8, 8]))], own.asked);
  expectGradients([discreteVae.decoder(decoder, other.tree, input([1, 2, 2], 'i32'))], other.asked);
});

test("CLIP's towers", () => {
  const [own, other] = [0, 1].map(() => fakeWeights(tinyClip, (_, tensors) => deriveProducts(tensors)));
  const patches = (tinyClip.image_size / tinyClip.patch) ** 2;
  expectGradients([encodePictures(tinyClip, own!.tree, input([patches, 3 * tinyClip.patch ** 2]))], own!.asked);
  const text = input([2, tinyClip.text_length], 'i32');
  expectGradients(
    [encodeTexts(tinyClip, other!.tree, text, placeholder('ends', { shape: [2], dtype: 'i32' }))],
    other!.asked,
  );
});

test("DALL·E mini's BART", () => {
  const { encoder, decoder } = bartCases[0]!;
  const [own, other] = [fakeWeights(encoder, deriveBart), fakeWeights(decoder, deriveBart)];
  const net = { encoder, decoder, encoderWeights: own.tree, decoderWeights: other.tree };
  const text = input([1, encoder.text_length], 'i32');
  const counts = placeholder('counts', { shape: [1], dtype: 'i32' });
  const image = placeholder('image', { shape: [1, decoder.grid[0] * decoder.grid[1] - 1], dtype: 'i32' });
  const logits = wholeBart(net, { text, counts }, image);
  expectGradients(
    [logits],
    new Map([...other.asked, ...[...own.asked].map(([name, weight]) => [`encoder ${name}`, weight] as const)]),
  );
});

const small = {
  depth: 4,
  dim: 32,
  heads: 2,
  head_size: 16,
  mlp_size: 32,
  text_length: 4,
  text_vocab: 16,
  image_vocab: 16,
};

test.each(Object.keys(configurations) as (keyof typeof configurations)[])('the transformer of %s', (name) => {
  const whole = configurations[name];
  const attention = [...new Set(whole.attention)];
  const architecture = {
    ...whole,
    ...small,
    grid: [4, 4],
    conv_kernel: 3,
    attention: attention.concat(attention, attention, attention).slice(0, 4),
  } as const;
  const sizes = whole.text_position_rows === undefined ? architecture : { ...architecture, text_position_rows: 5 };
  const { tree, asked } = fakeWeights(sizes, deriveTables);
  const image = placeholder('image', { shape: [1, 15], dtype: 'i32' });
  const { text: ofText, image: ofImage } = wholeSequence(
    sizes,
    tree,
    input([1, sizes.text_length + Number(sizes.start_token)], 'i32'),
    image,
  );
  expectGradients([ofText, ofImage], asked);
});
