/** Calls of linear: naive, and a whole branch of a transformer. */
import { gaussians, rules, weights, whole } from '../../test/helpers/op-case.ts';
import type { OpCase, OpCases } from '../../test/helpers/op-case.ts';
import { gelu, layerNorm, linear } from '../index.ts';

/** A branch as one draw: LayerNorm on read, product, activation on write; the bounds are those of linear.test.ts. */
function fuseBranch(): OpCase {
  const normed = layerNorm(gaussians([9, 16]), weights([16]), weights([16]));
  const result = gelu(linear(normed, weights([13, 16]), weights([13])));
  return { title: 'fused', result, rules, bound: () => 2 ** -24 * 2 * 8 * 72 * 4 * 64 };
}

export const cases: OpCases = {
  linear: [{ title: 'naive', result: linear(whole([9, 13]), weights([5, 13]), weights([5])) }, fuseBranch()],
};
