/**
 * What a VQGAN is, from the shapes of its tensors alone: no checkpoint of taming's says it, configurations lie in files
 * of their own. check-tensors.ts then holds every tensor against it.
 */
import { FormatError } from '../../../base/errors.ts';
import {
  checkWidth,
  MAX_LEVELS,
  readVqgan,
  vqganError,
  type VqganArchitecture,
} from '../../../nets/vqgan/architecture.ts';
import { WAVELET_FILTERS } from '../../../nets/vqgan/tensors.ts';
import type { Shapes } from '../../contents/shapes.ts';

/** What no tensor tells: whose code computes the net. */
export interface VqganSettings {
  readonly epsilon: number;
  readonly pixel_range: readonly [number, number];
}

/** Of taming's own code. */
export const TAMING_SETTINGS: VqganSettings = { epsilon: 1e-6, pixel_range: [-1, 1] };

/**
 * The half of a VQGAN whose tensors these are.
 *
 * @returns undefined if they are of neither half
 * @throws FormatError `E_ARCHITECTURE`, `E_NET_UNSUPPORTED`
 */
export function readVqganShapes(shapes: Shapes, settings: VqganSettings): VqganArchitecture | undefined {
  refuseOtherQuantisers(shapes);
  refuseHeadless(shapes);
  if (shapes.has('encoder.conv_in.weight')) return readEncoder(shapes, settings);
  return shapes.has('decoder.conv_in.weight') ? readDecoder(shapes, settings) : undefined;
}

function readEncoder(shapes: Shapes, settings: VqganSettings): VqganArchitecture {
  const [ch, in_channels] = kernelShape(shapes, 'encoder.conv_in.weight');
  const widths = readWidths(shapes, 'encoder.down');
  const quantiser = shapes.has('quantize.proj.weight') ? 'gumbel' : 'vector';
  const [codes] = shapes.get(quantiser === 'gumbel' ? 'quantize.proj.weight' : 'quantize.embedding.weight') ?? [];
  const sizes = {
    ...readLevels(shapes, 'encoder.down', { ch, widths }),
    num_res_blocks: countBlocks(shapes, 'encoder.down'),
    z_channels: kernelShape(shapes, 'encoder.conv_out.weight')[0],
    embed_dim: kernelShape(shapes, 'quant_conv.weight')[0],
    n_embed: codes,
    in_channels,
    quantiser,
    ...settings,
  };
  return readVqgan('vqgan-encoder', new Map(Object.entries(sizes)));
}

function readDecoder(shapes: Shapes, settings: VqganSettings): VqganArchitecture {
  const widths = readWidths(shapes, 'decoder.up');
  const quantiser = shapes.has('quantize.embed.weight') ? 'gumbel' : 'vector';
  const [codes] = shapes.get(quantiser === 'gumbel' ? 'quantize.embed.weight' : 'quantize.embedding.weight') ?? [];
  const [z_channels, embed_dim] = kernelShape(shapes, 'post_quant_conv.weight');
  const sizes = {
    // Nothing in a decoder has `ch` channels, so the largest is meant that all levels are multiples of.
    ...readLevels(shapes, 'decoder.up', { ch: widths.reduce(greatestCommonDivisor), widths }),
    num_res_blocks: countBlocks(shapes, 'decoder.up') - 1,
    z_channels,
    embed_dim,
    n_embed: codes,
    ...readOutputs(shapes),
    quantiser,
    ...settings,
  };
  return readVqgan('vqgan-decoder', new Map(Object.entries(sizes)));
}

/** What the last convolution gives: colours, or four bands of each for the wavelet transform behind it. */
function readOutputs(shapes: Shapes): { readonly out_ch: number; readonly wavelet?: 'haar' } {
  const [outputs] = kernelShape(shapes, 'decoder.conv_out.weight');
  const isTransformed = [...WAVELET_FILTERS.keys()].some((name) => shapes.has(name));
  return isTransformed ? { out_ch: outputs / 4, wavelet: 'haar' } : { out_ch: outputs };
}

/** Channels of each level: there are as many as names count, so that one whose first kernel is missing is missed. */
function readWidths(shapes: Shapes, levels: string): number[] {
  const count = countNames(shapes, `${levels}.`);
  if (count > MAX_LEVELS) throw vqganError(`there are ${count} levels, and at most ${MAX_LEVELS} are computed`);
  return Array.from({ length: Math.max(count, 1) }, (_, level) => {
    const [width] = kernelShape(shapes, firstKernel(levels, level));
    checkWidth(width);
    return width;
  });
}

function readLevels(
  shapes: Shapes,
  levels: string,
  { ch, widths }: { readonly ch: number; readonly widths: readonly number[] },
): { ch: number; ch_mult: number[]; attn_levels: number[] } {
  const ch_mult = widths.map((width) => width / ch);
  if (!ch_mult.every(Number.isInteger)) {
    throw vqganError(`the levels have ${widths.join(', ')} channels, which should be multiples of ${ch}`);
  }
  const attn_levels = [...widths.keys()].filter((level) => countNames(shapes, `${levels}.${level}.attn.`) > 0);
  return { ch, ch_mult, attn_levels };
}

/** Of level 0; check-tensors.ts sees that the others have as many. */
function countBlocks(shapes: Shapes, levels: string): number {
  return countNames(shapes, `${levels}.0.block.`);
}

/** One more than the largest number that goes on a name. */
function countNames(shapes: Shapes, start: string): number {
  let count = 0;
  for (const name of shapes.keys()) {
    const [digits] = name.startsWith(start) ? name.slice(start.length).split('.', 1) : [];
    if (digits !== undefined && /^\d{1,6}$/.test(digits)) count = Math.max(count, Number(digits) + 1);
  }
  return count;
}

function firstKernel(levels: string, level: number): string {
  return `${levels}.${level}.block.0.conv1.weight`;
}

/** Channels out and in of a convolution. */
function kernelShape(shapes: Shapes, name: string): [outputs: number, inputs: number] {
  const shape = shapes.get(name);
  if (!shape) throw missing(name);
  const [outputs, inputs] = shape;
  if (shape.length === 4 && outputs! > 0 && inputs! > 0) return [outputs!, inputs!];
  throw vqganError(`${name} has shape [${shape.join(', ')}], and a kernel [outputs, inputs, height, width] was wanted`);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** @throws FormatError `E_NET_UNSUPPORTED` for what looks like a VQGAN and has no codes, or counts them otherwise */
function refuseOtherQuantisers(shapes: Shapes): void {
  if (shapes.has('quantize.used')) {
    throw unsupported('has quantize.used, by which its codes are numbered anew, and that is not computed here');
  }
  if ([...shapes.keys()].some((name) => name.startsWith('quantize.'))) return;
  throw unsupported(
    'has no codebook, neither quantize.embedding.weight nor quantize.embed.weight: it is incomplete, or an autoencoder ' +
      'of latent-diffusion’s, such as that of Stable Diffusion, which makes no tokens',
  );
}

/** A half without the tensor that it is found by would be told as tensors too many of the other. */
function refuseHeadless(shapes: Shapes): void {
  const names = [...shapes.keys()];
  for (const half of ['encoder', 'decoder']) {
    const first = `${half}.conv_in.weight`;
    if (!shapes.has(first) && names.some((name) => name.startsWith(`${half}.`))) throw missing(first);
  }
}

function unsupported(what: string): FormatError {
  return new FormatError(
    'E_NET_UNSUPPORTED',
    `readArchitecture: the file holds what looks like a VQGAN of taming-transformers', but it ${what}. dalle-gl computes ` +
      'those with a codebook, by a vector or a Gumbel quantiser.',
  );
}

function missing(name: string): FormatError {
  return new FormatError(
    'E_KEYS_MISSING',
    `readArchitecture: the file holds a VQGAN of taming-transformers', whose sizes are read from its tensors, and ` +
      `${name} is missing. The checkpoint is incomplete, or of a modified net; fetch it again.`,
  );
}
