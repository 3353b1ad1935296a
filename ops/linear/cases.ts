/** Calls of linear: naive, and a whole branch of a transformer. */
import { gaussians, halves, madeWeights, rules, weights, whole } from '../../test/helpers/op-case.ts';
import type { OpCase, OpCases } from '../../test/helpers/op-case.ts';
import type { Tensor } from '../../engine/index.ts';
import { add, gelu, layerNorm, linear } from '../index.ts';
import { scaleColumns, sumRows } from './fold-norm.ts';

/** A branch as one draw: LayerNorm on read, product, activation on write; the bounds are those of linear.test.ts. */
function fuseBranch(): OpCase {
  const normed = layerNorm(gaussians([9, 16]), weights([16]), weights([16]));
  const result = gelu(linear(normed, weights([13, 16]), weights([13])));
  return { title: 'fused', result, rules, bound: () => 2 ** -24 * 2 * 8 * 72 * 4 * 64 };
}

/** What a folded LayerNorm makes of weights (fold-norm.ts), of weights that each run makes. */
function foldMade(): Tensor {
  const [w, gain, shift] = [madeWeights([7, 13]), madeWeights([13]), madeWeights([13])];
  const scaled = scaleColumns(w, gain);
  return add(linear(whole([9, 13]), scaled, sumRows(w, { v: shift, b: madeWeights([7]) })), sumRows(scaled, {}));
}

export const cases: OpCases = {
  linear: [
    { title: 'naive', result: linear(whole([9, 13]), weights([5, 13]), weights([5])) },
    { title: 'of halves', result: linear(whole([9, 13]), halves([7, 13]), weights([7])), rules },
    { title: 'of a made weight', result: linear(whole([9, 13]), madeWeights([5, 13]), madeWeights([5])), rules },
    { title: 'of a folded weight', result: foldMade(), rules },
    fuseBranch(),
  ],
};
