/** What the tests of functions that become ops share: how near results are, and random operands. */
import type { Shape, Tensor } from '../engine/index.ts';
import { tensor } from '../ops/index.ts';
import { createRandom } from '../test/helpers/random.ts';

/** What accurate_exp, _log and _tanh keep, twice over for the few roundings around them. */
export const RELATIVE: number = 2 ** -19;

/** Random numbers of a shape; away from 0 where a kernel divides by them. */
export function gaussians(shape: Shape, seed: number, shift = 0): Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from(createRandom(seed).gaussians(count), (x) => x + Math.sign(x) * shift),
    shape,
  );
}
