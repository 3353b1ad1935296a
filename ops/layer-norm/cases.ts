/** A call of layerNorm that a naive sum of squares would fail. */
import { weights } from '../../test/helpers/op-case.ts';
import { createRandom } from '../../test/helpers/random.ts';
import type { OpCase, OpCases } from '../../test/helpers/op-case.ts';
import { layerNorm, tensor } from '../index.ts';

/**
 * Rows whose mean is far above their deviation. Allowed: a few roundings of sums of 13, times the largest weight, 8.
 */
function normalizeRows(): OpCase {
  const rows = Float32Array.from(createRandom(7).gaussians(2 * 9 * 13), (value) => 1000 + value);
  const result = layerNorm(tensor(rows, [2, 9, 13]), weights([13]), weights([13]));
  return { result, bound: (expected) => 2 ** -17 * (8 + Math.abs(expected)) };
}

export const cases: OpCases = {
  layerNorm: [normalizeRows()],
};
