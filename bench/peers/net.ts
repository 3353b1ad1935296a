/** What the dVAE suite asks of whoever encodes or decodes a picture end to end. */
import { createRandom } from '../../test/helpers/random.ts';
import type { PrepareOptions } from '../../engine/index.ts';
import type { Contender } from '../harness.ts';

export type Half = 'encode' | 'decode';

export interface Net extends Contender {
  /** From weights in memory to a net that can be called; what is left for the first run is the net's own choice. */
  prepare(options?: PrepareOptions): Promise<void>;
  /** The most bytes that textures took since the net was made, weights included. */
  peakTextureBytes(): number;
  /** Multiply-adds of the net as written, and texture reads of the passes that count them: ours only. */
  readonly cost?: { readonly macs: number; readonly fetches: number };
}

/**
 * One picture of the official size, 256×256, and its tokens: numbers without meaning, since times do not depend on
 * them.
 */
export interface Picture {
  /** [1, 3, 256, 256] in [0, 1]. */
  readonly pixels: Float32Array;
  /** [1, 32, 32]. */
  readonly tokens: Int32Array;
}

export function makePicture(): Picture {
  const random = createRandom(20211);
  return {
    pixels: Float32Array.from({ length: 3 * 256 * 256 }, random.uniform),
    tokens: random.integers(32 * 32, 0, 8191),
  };
}
