/** Calls of sum_pool2d. */
import { whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { sumPool2d } from './sum-pool2d.ts';

export const cases: OpCases = {
  sumPool2d: [
    { result: sumPool2d(whole([2, 5, 6, 26]), 2) },
    { title: '3×3', result: sumPool2d(whole([2, 5, 9, 12]), 3) },
  ],
};
