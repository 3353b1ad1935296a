/** Calls of conv2d_by_weight: small and odd kernels, strides, and with rules what is read as it is. */
import { PICTURE, rules, weights, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import type { Tensor } from '../../engine/index.ts';
import { relu } from '../index.ts';
import { conv2dByWeight } from './conv2d-by-weight.ts';

const byWeight = (height: number, width: number, x: Tensor = weights(PICTURE)): Tensor =>
  conv2dByWeight(whole([2, 6, 9, 13]), x, [height, width]);

export const cases: OpCases = {
  conv2dByWeight: [
    { title: 'naive', result: byWeight(3, 3) },
    { title: '1×1', result: byWeight(1, 1), rules },
    { title: '3×3', result: byWeight(3, 3), rules },
    { title: '5×7', result: byWeight(5, 7), rules },
    { title: 'of relu', result: byWeight(3, 3, relu(weights(PICTURE))), rules },
    { title: '1×1 of relu', result: byWeight(1, 1, relu(weights(PICTURE))), rules },
    {
      title: 'long rows',
      result: conv2dByWeight(whole([1, 3, 4, 35]), weights([1, 5, 4, 35]), [3, 3]),
      rules,
    },
    {
      title: 'every other pixel',
      result: conv2dByWeight(whole([2, 6, 5, 7]), weights(PICTURE), [4, 3], { stride: 2, before: [1, 0] }),
      rules,
    },
  ],
};
