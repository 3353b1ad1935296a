/** VQGANs of published sizes, and a tiny one as a checkpoint whose tensors are all nothing: for tests of its family. */
import type { VqganArchitecture } from '../../nets/vqgan/architecture.ts';
import { expectedVqganTensors } from '../../nets/vqgan/tensors.ts';
import type { Weights } from '../../nets/weights.ts';
import { sourceFromBytes, type ByteSource } from '../../weights-convert/byte-source.ts';
import { TAMING_SETTINGS } from '../../weights-convert/families/taming/read-architecture.ts';
import { writeSafetensors } from '../../weights-convert/safetensors/write-safetensors.ts';

/** What both halves of a VQGAN state, but for how many codes there are. */
type Sizes = Omit<VqganArchitecture, 'kind' | 'in_channels' | 'out_ch' | 'n_embed'>;

const COMMON = { ...TAMING_SETTINGS, quantiser: 'vector' as const, num_res_blocks: 2, attn_levels: [3] };
export const F16: Sizes = {
  ...COMMON,
  ch: 128,
  ch_mult: [1, 1, 2, 2, 4],
  attn_levels: [4],
  z_channels: 256,
  embed_dim: 256,
};
export const F8: Sizes = {
  ...COMMON,
  ch: 128,
  ch_mult: [1, 1, 2, 4],
  z_channels: 256,
  embed_dim: 256,
  quantiser: 'gumbel',
};
export const LATENT_F8: Sizes = { ...COMMON, ch: 128, ch_mult: [1, 2, 2, 4], z_channels: 4, embed_dim: 4 };

export const halves = (sizes: Sizes & { readonly n_embed: number }): VqganArchitecture[] => [
  { kind: 'vqgan-encoder', ...sizes, in_channels: 3 },
  { kind: 'vqgan-decoder', ...sizes, out_ch: 3 },
];

const TINY = { ...COMMON, ch: 32, ch_mult: [1, 2], attn_levels: [1], z_channels: 4, embed_dim: 4, n_embed: 16 };

export type Shapes = Map<string, readonly number[]>;

/** Both halves under one prefix, as a checkpoint has them. */
export function listTiny(prefix = ''): Shapes {
  return new Map(
    halves(TINY).flatMap((half) => [...expectedVqganTensors(half)].map(([name, shape]) => [prefix + name, shape])),
  );
}

export async function writeShapes(shapes: Shapes, name = 'x.safetensors'): Promise<ByteSource> {
  const tensors = new Map(
    [...shapes].map(([key, shape]) => [
      key,
      { shape, read: async () => new Float32Array(shape.reduce((product, size) => product * size, 1)) },
    ]),
  );
  const blocks: Uint8Array[] = [];
  for await (const block of writeSafetensors(tensors, 'f32')) blocks.push(block);
  return sourceFromBytes(Buffer.concat(blocks), name);
}

/** In alphabetical order. */
export const kinds = (weights: readonly Weights[]): string[] =>
  weights.map(({ architecture }) => architecture.kind).sort();
export const BOTH: readonly string[] = ['vqgan-decoder', 'vqgan-encoder'];
