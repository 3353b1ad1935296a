/**
 * A 3×3 convolution behind a nearest upsample ×2 sees each pixel of the small map two or more times. Its result at
 * (2y + i, 2x + j) is therefore a convolution of the small map itself, with taps of the kernel added up: another kernel
 * for each of the four phases (i, j). Along one axis the taps (a, b, c) become (a, b + c, 0) for i = 0 and (0, a + b, c)
 * for i = 1. The small map is transformed, a quarter of the pixels, and the upsampled map is never made.
 */
import { apply } from '../../engine/index.ts';
import type { Op, Tensor } from '../../engine/index.ts';

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

/** [O, I, 3, 3] → [4·O, I, 3, 3]: row (2·j + i)·O + o is the kernel of output o at phase (i, j), i along H. */
const phaseWeightsOp: Op<undefined> = {
  name: 'phase_weights',
  derives: true,
  infer: ([w]) => ({ shape: w!.shape.with(0, 4 * w!.shape[0]!), dtype: 'f32' }),
  reference({ inputs, output }) {
    const [w] = inputs;
    for (let phase = 0; phase < 4; phase++) {
      const [alongH, alongW] = [phases[phase % 2]!, phases[Math.floor(phase / 2)]!];
      for (let kernel = 0; kernel < w!.length; kernel += 9) {
        for (let to = 0; to < 9; to++) {
          let sum = 0;
          for (let from = 0; from < 9; from++) {
            const vertical = alongH[Math.floor(to / 3)]![Math.floor(from / 3)]!;
            sum += vertical * alongW[to % 3]![from % 3]! * w![kernel + from]!;
          }
          output[phase * w!.length + kernel + to] = sum;
        }
      }
    }
  },
};

/** A constant weight becomes a constant. */
export function phaseWeights(w: Tensor): Tensor {
  return apply(phaseWeightsOp, [w], undefined);
}
