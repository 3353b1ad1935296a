/** What the dVAE suite asks of whoever encodes or decodes a picture end to end. */
import { createRandom } from '../../test/helpers/random.ts';
import type { PrepareOptions } from '../../engine/index.ts';
import type { Contender } from '../harness.ts';
import type { BoundKind } from '../suites/kernels.ts';

export type Half = 'encode' | 'decode';

export interface Net extends Contender {
  /** From weights in memory to a net that can be called; what is left for the first run is the net's own choice. */
  prepare(options?: PrepareOptions): Promise<void>;
  /** The most bytes that textures took since the net was made, weights included; undefined where there are none. */
  peakTextureBytes(): number | undefined;
  /** Multiply-adds of the net as written, and texture reads of the passes that count them: ours on WebGL only. */
  readonly cost?: { readonly macs: number; readonly fetches: number };
  /** As that of a kernel. */
  readonly bound?: BoundKind;
  /** Whether its weights are those of generated-weights.ts, so that its answer can be compared. */
  readonly hasGeneratedWeights?: boolean;
}

/** One square picture and its tokens: numbers without meaning, since times do not depend on them. */
export interface Picture {
  /** [1, 3, S, S] in [0, 1]. */
  readonly pixels: Float32Array;
  /** [1, S/8, S/8]. */
  readonly tokens: Int32Array;
}

/** @param side S, of the official size if left out; a multiple of 8 */
export function makePicture(side = 256, vocabulary = 8192): Picture {
  const random = createRandom(20211);
  return {
    pixels: Float32Array.from({ length: 3 * side * side }, random.uniform),
    tokens: random.integers((side / 8) ** 2, 0, vocabulary - 1),
  };
}

interface HalfShapes {
  readonly input: readonly number[];
  readonly output: readonly number[];
}

export function shapesOf({ pixels, tokens }: Picture): Readonly<Record<Half, HalfShapes>> {
  const [side, grid] = [Math.sqrt(pixels.length / 3), Math.sqrt(tokens.length)];
  const [picture, map] = [
    [1, 3, side, side],
    [1, grid, grid],
  ];
  return { encode: { input: picture, output: map }, decode: { input: map, output: picture } };
}
