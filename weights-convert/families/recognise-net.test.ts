/** Nets that are known by name are called by it, whatever wraps them, and refused where there is no net for them. */
import { describe, expect, test } from 'vitest';
import { sourceFromBytes } from '../byte-source.ts';
import { expectedTensors } from '../../nets/dvae/tensors.ts';
import { OFFICIAL_DECODER, OFFICIAL_ENCODER } from '../../nets/dvae/architecture.ts';
import { openWeights } from '../open-weights.ts';
import { recogniseNet } from './recognise-net.ts';
import { writeSafetensors } from '../safetensors/write-safetensors.ts';

/** Some names of each project, with the ranks their tensors have. */
const FOREIGN: readonly (readonly [name: string, tensors: Readonly<Record<string, number>>])[] = [
  [
    "an iGPT of minDALL-E's",
    { 'tok_emb_img.weight': 2, 'pos_emb_img.weight': 2, 'head.weight': 2, 'blocks.0.attn.key.weight': 2, sos: 3 },
  ],
];

function shapesOf(tensors: Readonly<Record<string, number>>, prefix = ''): Map<string, number[]> {
  return new Map(Object.entries(tensors).map(([name, rank]) => [prefix + name, new Array<number>(rank).fill(2)]));
}

async function writeTensors(shapes: ReadonlyMap<string, readonly number[]>): Promise<Uint8Array> {
  const tensors = new Map(
    [...shapes].map(([name, shape]) => [name, { shape, read: async () => new Float32Array(2 ** shape.length) }]),
  );
  const blocks: Uint8Array[] = [];
  for await (const block of writeSafetensors(tensors, 'f32')) blocks.push(block);
  return Buffer.concat(blocks);
}

describe.each(FOREIGN)('%s', (name, tensors) => {
  test.each(['', 'module.', 'model.'])('under the prefix %o', (prefix) => {
    expect(recogniseNet(shapesOf(tensors, prefix))).toMatchObject({ name, isSupported: false });
  });

  test('is refused by its name', async () => {
    const file = sourceFromBytes(await writeTensors(shapesOf(tensors)), 'foreign.safetensors');
    await expect(openWeights(file)).rejects.toMatchObject({
      code: 'E_NET_UNSUPPORTED',
      message: expect.stringContaining(`foreign.safetensors holds ${name}`),
    });
  });

  test('is not taken for itself without one of its tensors, or with another rank', () => {
    const shapes = shapesOf(tensors);
    const [last] = [...shapes.keys()].slice(-1);
    if (last === 'sos') shapes.delete(last);
    for (const missing of shapes.keys()) {
      expect(recogniseNet(new Map([...shapes].filter(([key]) => key !== missing)))).toBeUndefined();
      expect(recogniseNet(new Map(shapes).set(missing, [1, 1, 1]))).toBeUndefined();
    }
  });
});

test("OpenAI's nets are recognised, alone and together", () => {
  const encoder = expectedTensors(OFFICIAL_ENCODER);
  const decoder = expectedTensors(OFFICIAL_DECODER);
  expect(recogniseNet(encoder)).toMatchObject({ name: "OpenAI's dVAE, one part", isSupported: true });
  expect(recogniseNet(decoder)).toMatchObject({ name: "OpenAI's dVAE, one part", isSupported: true });
  const prefixed = (prefix: string, shapes: Map<string, number[]>): [string, number[]][] =>
    [...shapes].map(([name, shape]) => [prefix + name, shape]);
  const both = new Map([...prefixed('encoder.', encoder), ...prefixed('decoder.', decoder)]);
  expect(recogniseNet(both)).toMatchObject({ name: "OpenAI's dVAE, encoder and decoder" });
});

test("DALLE-pytorch's own VAE is recognised, with residual blocks and without", () => {
  const common = { 'codebook.weight': 2, 'encoder.0.0.weight': 4 };
  const plain = shapesOf({ ...common, 'decoder.0.0.weight': 4 });
  const blocks = shapesOf({ ...common, 'decoder.0.weight': 4, 'decoder.1.net.0.weight': 4 });
  const name = "DALLE-pytorch's own DiscreteVAE";
  expect(recogniseNet(plain)).toMatchObject({ name, isSupported: true });
  expect(recogniseNet(blocks)).toMatchObject({ name: `${name}, with residual blocks`, isSupported: true });
});

test('VQGANs are recognised by their quantisers, and without one as what they are', () => {
  const halves = { 'encoder.conv_in.weight': 4, 'quant_conv.weight': 4, 'post_quant_conv.weight': 4 };
  const vector = { 'quantize.embedding.weight': 2 };
  const gumbel = { 'quantize.embed.weight': 2, 'quantize.proj.weight': 4 };
  const recognised = [vector, gumbel, {}].map((quantiser) => recogniseNet(shapesOf({ ...halves, ...quantiser })));
  expect(recognised).toMatchObject([
    { name: "a VQGAN of taming-transformers'", isSupported: true },
    { name: "a Gumbel VQGAN of taming-transformers'", isSupported: true },
    { name: "an autoencoder of latent-diffusion's", isSupported: false },
  ]);
  const detokeniser = { 'embedding.weight': 2, 'post_quant_conv.weight': 4, 'decoder.conv_in.weight': 4 };
  expect(recogniseNet(shapesOf(detokeniser))).toMatchObject({ name: "min-dalle's detokeniser", isSupported: true });
});

test('anything else is not', () => {
  expect(recogniseNet(new Map())).toBeUndefined();
  expect(recogniseNet(new Map([['weight', [1]]]))).toBeUndefined();
});
