/**
 * What turns pictures into grids of tokens and back: the seam between a transformer, which draws tokens, and whatever
 * net made them. OpenAI's dVAE is one such coder. Nobody but the coder knows how many pixels a token stands for.
 *
 * B batch, H W picture, h = H/patch, w = W/patch grid of tokens.
 */
import { argumentError, checkFunction, checkObject } from '../base/check-argument.ts';
import type { Compiled, RunOptions, Tensor } from '../ops/index.ts';
import type { Precision } from './weight-tree.ts';

/** Pixels [B, 3, H, W] in [0, 1], row-major. */
export interface Pixels {
  readonly data: Float32Array;
  readonly shape: readonly [number, number, number, number];
}

/** Tokens [B, h, w], each in 0 … V − 1. */
export interface TokenGrid {
  readonly data: Int32Array;
  readonly shape: readonly [number, number, number];
}

/** A net that turns pictures into tokens and back, whatever its kind. */
export interface PictureCoder {
  /** Pixels along each side of a token: 8 for OpenAI's dVAE. */
  readonly patch: number;
  /** Channels of its pictures: 3. */
  readonly channels: number;
  /** How many tokens each of its parts knows, by the part's name: one number in a model that fits. */
  readonly vocabularies: Readonly<Record<string, number>>;
  readonly precision: Precision;
  readonly isDisposed: boolean;
  /** Pixels [B, 3, H, W] → tokens [B, h, w]. H and W are multiples of `patch`. */
  encode(pixels: Pixels, options?: RunOptions): Promise<TokenGrid>;
  /** Tokens [B, h, w] → pixels [B, 3, H, W] in [0, 1]. */
  decode(tokens: TokenGrid, options?: RunOptions): Promise<Pixels>;
  /** The plan for a shape: [B, 3, H, W] to encode, [B, h, w] to decode. Throws `E_PART_MISSING` where it has none. */
  planFor(work: 'encode' | 'decode', shape: readonly number[]): Pick<Compiled<Tensor>, 'prepare' | 'run' | 'explain'>;
  /** Frees what is on the device and closes its files, once work under way is done. */
  dispose(): Promise<void>;
}

/** Pixels along each side of a token that every coder has at least: what is too large for it is so for all. */
export const SMALLEST_PATCH = 8;

/** Throws UsageError `E_ARGUMENT` for what is no coder. */
export function checkPictureCoder(where: string, coder: PictureCoder): void {
  checkObject(where, 'a picture coder', coder);
  for (const name of ['encode', 'decode', 'planFor', 'dispose'] as const) {
    checkFunction(where, `the picture coder's ${name}`, coder[name]);
  }
  const { patch } = coder;
  if (Number.isSafeInteger(patch) && patch >= 1) return;
  throw argumentError(where, "the picture coder's patch, a positive whole number", patch);
}
