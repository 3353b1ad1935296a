/**
 * The nets of known models, as far as their files are known: what `plan` tells of a model before a byte of it is
 * fetched. Sizes are those of the published files; the halves are kept as the files keep them. A net of a kind that
 * this version does not compute is left out.
 */
import { OFFICIAL_DECODER, OFFICIAL_ENCODER } from '../nets/dvae/architecture.ts';
import { findNetKind, readNet } from '../nets/net-kinds.ts';
import type { SamplingDefaults } from '../nets/sampling/defaults.ts';
import { configurations } from '../nets/transformer/configurations.ts';
import type { NetToPlan } from './plan-model.ts';

interface StatedNet {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly dtype: NetToPlan['dtype'];
}

/** The sizes of taming's published VQGANs, per quantiser; ruDALL-E's is like the Gumbel one. */
const vqganSizes = (codes: number, quantiser: 'vector' | 'gumbel'): Record<string, unknown> => ({
  ch: 128,
  ch_mult: quantiser === 'gumbel' ? [1, 1, 2, 4] : [1, 1, 2, 2, 4],
  num_res_blocks: 2,
  attn_levels: quantiser === 'gumbel' ? [3] : [4],
  z_channels: 256,
  embed_dim: 256,
  n_embed: codes,
  quantiser,
  epsilon: 1e-6,
  pixel_range: [-1, 1],
});

const vqganOf = (codes: number, quantiser: 'vector' | 'gumbel'): StatedNet[] => [
  { fields: { kind: 'vqgan-encoder', ...vqganSizes(codes, quantiser), in_channels: 3 }, dtype: 'f32' },
  { fields: { kind: 'vqgan-decoder', ...vqganSizes(codes, quantiser), out_ch: 3 }, dtype: 'f32' },
];

const minDalleOf = (dim: number, depth: number, glu: number, words: number, rows: number): StatedNet[] => {
  const common = { dim, depth, heads: dim / 64, glu_size: glu, norm_weights: false };
  const text = { text_length: 64, text_vocab: words, text_start: 0, text_end: 2, text_pad: 1 };
  const image = { grid: [16, 16], image_rows: rows, image_vocab: 16_384, start_token: 16_383 };
  const sizes = { ...vqganSizes(16_384, 'vector'), epsilon: 1e-5, pixel_range: [0, 1] };
  return [
    { fields: { kind: 'bart-encoder', ...common, ...text }, dtype: 'f16' },
    { fields: { kind: 'bart-decoder', ...common, ...image }, dtype: 'f16' },
    { fields: { kind: 'vqgan-decoder', ...sizes, out_ch: 3 }, dtype: 'f32' },
  ];
};

const clipOf = (patch: number, vision: readonly [number, number], text: readonly [number, number]): StatedNet[] => [
  {
    fields: {
      kind: 'clip',
      embed_dim: text[0],
      activation: 'quick-gelu',
      image_size: 224,
      patch,
      vision_dim: vision[0],
      vision_depth: vision[1],
      vision_heads: vision[0] / 64,
      vision_mlp_size: 4 * vision[0],
      text_length: 77,
      text_vocab: 49_408,
      text_dim: text[0],
      text_depth: text[1],
      text_heads: text[0] / 64,
      text_mlp_size: 4 * text[0],
    },
    dtype: 'mixed',
  },
];

const transformerOf = (name: keyof typeof configurations, dtype: NetToPlan['dtype']): StatedNet => ({
  fields: { ...configurations[name] },
  dtype,
});

const rudalleOf = (name: keyof typeof configurations): StatedNet[] => [
  transformerOf(name, 'f16'),
  ...vqganOf(8192, 'gumbel'),
];

const STATED: Readonly<Record<string, readonly StatedNet[]>> = {
  'min-dalle-mini': minDalleOf(1024, 12, 2730, 50_264, 16_385),
  'min-dalle-mega': minDalleOf(2048, 24, 4096, 50_272, 16_416),
  'rudalle-malevich': rudalleOf('rudalle-malevich'),
  'rudalle-malevich-v2': rudalleOf('rudalle-malevich-v2'),
  'rudalle-emojich': rudalleOf('rudalle-emojich'),
  'rudalle-surrealist': rudalleOf('rudalle-surrealist'),
  mindalle: [transformerOf('mindalle', 'f32'), ...vqganOf(16_384, 'vector')],
  'vqgan-imagenet-f16-1024': vqganOf(1024, 'vector'),
  'vqgan-imagenet-f16-16384': vqganOf(16_384, 'vector'),
  'vqgan-gumbel-f8': vqganOf(8192, 'gumbel'),
  'clip-vit-b-32': clipOf(32, [768, 12], [512, 12]),
  'clip-vit-b-16': clipOf(16, [768, 12], [512, 12]),
  'clip-vit-l-14': clipOf(14, [1024, 24], [768, 12]),
  'openai-dvae': [
    { fields: { ...OFFICIAL_ENCODER }, dtype: 'f32' },
    { fields: { ...OFFICIAL_DECODER }, dtype: 'f32' },
  ],
};

/** The nets of a known model; undefined where they are not known, or no kind of them is computed here. */
export function findKnownNets(name: string): NetToPlan[] | undefined {
  const nets = (Object.hasOwn(STATED, name) ? STATED[name]! : []).flatMap(({ fields, dtype }) => {
    const { kind, ...sizes } = fields;
    const known = findNetKind(kind);
    const named = new Map<string, unknown>(
      Object.entries(known === 'transformer' || known === undefined ? sizes : fields),
    );
    return known === undefined ? [] : [{ architecture: readNet(known, new Map([['kind', kind], ...named])), dtype }];
  });
  return nets.length > 0 ? nets : undefined;
}

/** How a known model is drawn with: whether each candidate has a twin that reads the empty text. */
export function isGuided(sampling: SamplingDefaults | undefined): boolean {
  return sampling?.guidance !== undefined && sampling.guidance !== 1;
}
