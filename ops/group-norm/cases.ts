/** Calls of groupNorm that a naive sum of squares would fail: groups of several texels, several groups of a texel. */
import { rules, weights } from '../../test/helpers/op-case.ts';
import type { OpCase, OpCases } from '../../test/helpers/op-case.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { groupNorm, silu, tensor } from '../index.ts';

/** Numbers whose mean is far above their deviation. Allowed: a few roundings of such sums, times the largest weight. */
function normalizeMaps(channels: number, groups: number, given: Partial<OpCase> = {}): OpCase {
  const numbers = Float32Array.from(createRandom(channels).gaussians(2 * channels * 9 * 13), (value) => 1000 + value);
  const x = tensor(numbers, [2, channels, 9, 13]);
  const result = groupNorm(x, weights([channels]), weights([channels]), { groups, epsilon: 1e-6 });
  return { result, bound: (expected) => 2 ** -17 * (8 + Math.abs(expected)), ...given };
}

const plain = normalizeMaps(16, 2);

export const cases: OpCases = {
  groupNorm: [
    { ...plain, title: 'plain' },
    { ...plain, title: 'in several draws', rules },
    normalizeMaps(6, 3, { title: 'two channels a group', rules }),
    normalizeMaps(5, 5, { title: 'one channel a group', rules }),
    { ...plain, title: 'silu on write', result: silu(plain.result), rules },
  ],
};
