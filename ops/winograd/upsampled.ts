/**
 * A 3×3 convolution behind a nearest upsample ×2 sees each pixel of the small map two or more times. Its result at
 * (2y + i, 2x + j) is therefore a convolution of the small map itself, with taps of the kernel added up: another kernel
 * for each of the four phases (i, j). Along one axis the taps (a, b, c) become (a, b + c, 0) for i = 0 and (0, a + b,
 * c) for i = 1. The small map is transformed, a quarter of the pixels, and the upsampled map is never made.
 */
import type { Matrix } from './matrices.ts';

/** The two kernels of an axis as rows over the taps a, b, c. */
const phases = [
  [
    [1, 0, 0],
    [0, 1, 1],
    [0, 0, 0],
  ],
  [
    [0, 0, 0],
    [1, 1, 0],
    [0, 0, 1],
  ],
] as const;

/** The transform of a kernel along an axis, t × 3, for each of the phases: that of the taps that its phase adds up. */
export function phaseMatrices(weight: Matrix): Matrix[] {
  return phases.map((taps) =>
    weight.map((row) => [0, 1, 2].map((from) => row.reduce((sum, value, to) => sum + value * taps[to]![from]!, 0))),
  );
}
