/** Calls of layerNorm that a naive sum of squares would fail, and of its parts. */
import { gaussians, rules, weights } from '../../test/helpers/op-case.ts';
import { createRandom } from '../../test/helpers/random.ts';
import type { OpCase, OpCases } from '../../test/helpers/op-case.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { layerNorm, tensor } from '../index.ts';
import { layerNormByX, normalize, normMeans, normStats } from './norm-stats.ts';

/** Rows whose mean is far above their deviation. */
function rowsFarOff(shape: readonly number[]): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return tensor(
    Float32Array.from(createRandom(7).gaussians(size), (value) => 1000 + value),
    shape,
  );
}

/** Allowed: a few roundings of sums of 13, or of 45, times the largest weight, 8. */
function normalizeRows(shape: readonly number[], given: readonly Rule[] = []): OpCase {
  const channels = [shape.at(-1)!];
  const result = layerNorm(rowsFarOff(shape), weights(channels), weights(channels));
  return { result, bound: (expected) => 2 ** -17 * (8 + Math.abs(expected)), rules: given };
}

const bound = (): number => 2 ** -17 * 8;
const attributes = { eps: 1e-5 };
const x = rowsFarOff([2, 9, 13]);
const backward = [gaussians([2, 9, 13]), x, weights([13]), normStats(x, attributes)] as const;

export const cases: OpCases = {
  layerNorm: [normalizeRows([2, 9, 13]), { ...normalizeRows([2, 9, 45], rules), title: 'in two steps' }],
  layerNormByX: [{ result: layerNormByX(...backward), bound: () => 2 ** -17 * 64 }],
  normalize: [
    { result: normalize(x, normStats(x, attributes)), bound },
    { title: 'affine', result: normalize(x, normStats(x, attributes), [weights([13]), weights([13])]), bound },
  ],
  normMeans: [{ result: normMeans(...backward), bound }],
  normStats: [{ result: normStats(x, attributes), bound }],
};
