/**
 * Checkpoints in DALLE-pytorch's form (corpus/make_dalle_pytorch.py): every tensor under its own name and under ours,
 * every option found, and what there is no net for refused by name.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32 } from '../../../base/crc32.ts';
import { DalleError } from '../../../base/errors.ts';
import { sourceFromBytes } from '../../byte-source.ts';
import { canonicalName } from './names.ts';
import { describeDallePytorch, describeDallePytorchVersion, readDallePytorch } from './open-transformer.ts';
import { netTensors } from '../../../nets/weights.ts';
import { openWeights } from '../../open-weights.ts';
import type { DictRecord, PickleValue } from '../../pickle/records.ts';
import { expectedTransformerTensors } from '../../../nets/transformer/tensors.ts';
import type { TransformerArchitecture } from '../../../nets/transformer/architecture.ts';
import { isKind, type WeightsOf } from '../../../nets/weights.ts';

const folder = new URL('../../corpus/dalle-pytorch/', import.meta.url);

async function openCorpus(name: string): Promise<WeightsOf<'transformer'>> {
  const weights = await openWeights(sourceFromBytes(readFileSync(new URL(name, folder)), name));
  if (!isKind(weights, 'transformer')) throw new Error('another net');
  return weights;
}

const COMMON: Partial<TransformerArchitecture> = {
  kind: 'transformer',
  names: 'dalle-pytorch',
  dim: 8,
  heads: 2,
  head_size: 12,
  text_length: 4,
  text_vocab: 10,
  image_vocab: 16,
  grid: [4, 4],
  activation: 'geglu',
  mlp_size: 32,
  layer_scale: true,
  qkv_bias: false,
  pads: 'per-position',
  start_token: true,
  heads_of_output: 'shared',
};

describe.each<[string, Partial<TransformerArchitecture>, readonly [ofTheNet: number, ofTheOptimiser: number]]>([
  [
    'shift-rotary.pt',
    {
      depth: 4,
      attention: ['full', 'axial-row', 'column', 'axial-conv'],
      norm: 'pre',
      position: 'rotary',
      rotate_values: true,
      shift_tokens: true,
    },
    [5, 3],
  ],
  [
    'plain.pt',
    {
      depth: 1,
      attention: ['full'],
      norm: 'sandwich',
      position: 'text+row+column',
      rotate_values: false,
      shift_tokens: false,
    },
    [4, 3],
  ],
  [
    'version-0.14.pt',
    {
      depth: 3,
      attention: ['axial-row', 'column', 'axial-row'],
      norm: 'pre',
      position: 'text+row+column',
      rotate_values: false,
      shift_tokens: false,
    },
    [4, 3],
  ],
])('%s', (name, options, leftOut) => {
  test('says what it is', async () => {
    const { architecture, leftOut: others } = await openCorpus(name);
    expect(architecture).toMatchObject({ ...COMMON, ...options });
    const count = (isMeant: (reason: string) => boolean): number =>
      others!.filter(({ reason }) => isMeant(reason)).reduce((sum, { tensors }) => sum + tensors, 0);
    const isOptimiser = (reason: string): boolean => reason === 'opt_state';
    expect([count((reason) => !isOptimiser(reason)), count(isOptimiser)]).toEqual(leftOut);
  });

  test('has each of our tensors, with the numbers that name it', async () => {
    const weights = await openCorpus(name);
    const tensors = netTensors(weights);
    const wanted = expectedTransformerTensors(weights.architecture);
    expect([...tensors].map(([key, { shape }]) => [key, shape])).toEqual([...wanted]);
    for (const [key, tensor] of tensors) {
      const values = await tensor.read();
      const first = crc32(new TextEncoder().encode(key)) % 65536;
      expect(values, key).toEqual(Float32Array.from(values, (_, i) => first + i / 64));
    }
  });

  test('keeps its own names', async () => {
    const { tensors } = await openCorpus(name);
    expect(tensors.has('to_logits.1.weight')).toBe(true);
    expect([...tensors.keys()].every((own) => canonicalName(own) !== undefined)).toBe(true);
  });
});

function dictOf(values: Readonly<Record<string, PickleValue>>): DictRecord {
  return { tag: 'dict', entries: Object.entries(values), depth: 1 };
}

describe('what hparams say', () => {
  const shapes = new Map<string, number[]>([
    ['image_emb.weight', [8192, 16]],
    ['to_logits.1.weight', [8192 + 14, 16]],
    ['vae.enc.blocks.input.w', [256, 3, 7, 7]],
    ['transformer.layers.layers.0.1.fn.fn.net.0.weight', [128, 16]],
    ['text_pos_emb.weight', [5, 16]],
  ]);
  const hparams = { num_text_tokens: 10, text_seq_len: 4, dim: 16, depth: 1, heads: 2, dim_head: 8 };
  const read = (
    changed: Readonly<Record<string, PickleValue>>,
    beside: Readonly<Record<string, PickleValue>> = {},
    others: readonly (readonly [string, number[]])[] = [],
  ): TransformerArchitecture =>
    readDallePytorch(
      new Map<string, PickleValue>([
        ['hparams', dictOf({ ...hparams, ...changed })],
        ['vae_params', null],
        ...Object.entries(beside),
      ]),
      { shapes: new Map(shapes), others: new Map(others) },
      'x.pt',
    );

  test('is enough, with its defaults', () => {
    expect(read({})).toMatchObject({ attention: ['full'], grid: [32, 32], image_vocab: 8192, shift_tokens: false });
    expect(read({ attn_types: null })).toEqual(read({}));
  });

  test.each<[PickleValue | undefined, string]>([
    [undefined, 'conv'],
    ['0.14.3', 'conv'],
    ['1.4.2', 'conv'],
    ['1.5.0', 'axial-conv'],
    ['1.6.6', 'axial-conv'],
    ['2.0.0', 'axial-conv'],
    ['nonsense', 'conv'],
  ])('version %s: the kernel is %s', (version, kind) => {
    const types = { tag: 'tuple', items: ['conv_like'], depth: 1 } as const;
    const architecture = read({ attn_types: types }, version === undefined ? {} : { version });
    expect(architecture).toMatchObject({ attention: [kind], conv_kernel: 5, conv_edges: 'cut' });
    // As it would be exported, and read again.
    const again = describeDallePytorchVersion(architecture);
    expect(read({ attn_types: types }, again === undefined ? {} : { version: again })).toEqual(architecture);
    expect(describeDallePytorch(architecture).get('attn_types')).toEqual(['conv_like']);
  });

  test.each<[string, Readonly<Record<string, PickleValue>>, RegExp]>([
    ['reversible', { reversible: true }, /trained with reversible,/],
    ['stable', { stable: true }, /trained with stable,/],
    ['sparse', { sparse_attn: true, reversible: true }, /trained with reversible, sparse_attn,/],
    ['a shared embedding', { share_input_output_emb: true }, /share_input_output_emb/],
    ['sparse attention', { attn_types: { tag: 'tuple', items: ['full', 'sparse'], depth: 1 } }, /of type sparse/],
    ['mlp attention', { attn_types: { tag: 'list', items: ['mlp'], depth: 1 } }, /of type mlp/],
    ['no attention', { attn_types: { tag: 'list', items: [], depth: 1 } }, /attn_types/],
    ['an unknown option', { warp: 9 }, /no known meaning: warp/],
    ['shift without its wrapper', { shift_tokens: true }, /shift_tokens is true, and the tensors/],
    ['rotary beside tables', { rotary_emb: true }, /rotary_emb is true/],
    ['a depth of millions', { depth: 1e7 }, /depth should be an integer from 1/],
    ['a width in words', { dim: 'wide' }, /dim should be an integer/],
  ])('%s is refused', (_, changed, message) => {
    expect(() => read(changed)).toThrow(message);
    expect(() => read(changed)).toThrow(expect.objectContaining({ code: 'E_ARCHITECTURE' }));
  });

  test.each<[string, Readonly<Record<string, PickleValue>>, RegExp]>([
    ['another VAE', { vae_class_name: 'KandinskyVAE' }, /over KandinskyVAE, .*VQGanVAE/],
    ['a VAE without a name', { vae_class_name: 7 }, /over a VAE that it does not name/],
  ])('a transformer over %s is refused', (_, beside, message) => {
    expect(() => read({}, beside)).toThrow(message);
    expect(() => read({}, beside)).toThrow(expect.objectContaining({ code: 'E_NET_UNSUPPORTED' }));
  });

  test('a VAE that is neither named nor there is not guessed', () => {
    shapes.delete('vae.enc.blocks.input.w');
    expect(() => read({})).toThrow(/a VAE that it does not name/);
    expect(read({}, { vae_class_name: 'OpenAIDiscreteVAE' }).image_vocab).toBe(8192);
  });
});

test('any one byte changed is read or refused', async () => {
  const original = readFileSync(new URL('version-0.14.pt', folder));
  let refused = 0;
  await fc.assert(
    // The pickles are in front of the numbers; this container has no checksums.
    fc.asyncProperty(fc.nat(20_000), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const bytes = Uint8Array.from(original);
      bytes[at]! ^= change;
      const outcome = await openWeights(sourceFromBytes(bytes, 'x')).catch((error: unknown) => error);
      if (outcome instanceof DalleError) refused++;
      else expect(outcome).toHaveProperty('architecture.kind', 'transformer');
    }),
    { numRuns: 300 },
  );
  expect(refused).toBeGreaterThan(100);
});

test('names of no layer are nobody’s', () => {
  for (const name of [
    'text_emb.bias',
    'transformer.layers.layers.0.0.fn.to_qkv.weight',
    'transformer.layers.layers.0.2.scale',
  ]) {
    expect(canonicalName(name)).toBeUndefined();
  }
});
