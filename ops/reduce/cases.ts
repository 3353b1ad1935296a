/** Calls of the reductions. */
import { PICTURE, gaussians, hostile, quotientBound, rules, weights, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { max, mean, sum } from '../index.ts';
import { partialSums } from './partial-sums.ts';
import { sumProducts } from './sum-products.ts';

export const cases: OpCases = {
  max: [{ result: max(hostile(PICTURE), [1, 3]) }, { title: 'of numbers', result: max(gaussians([5, 7, 9]), [0, 2]) }],
  mean: [
    { result: mean(whole(PICTURE), [2, 3]), bound: quotientBound },
    { title: 'of a long line', result: mean(weights([1, 1777]), [1]), bound: quotientBound, rules },
  ],
  partialSums: [
    { title: 'of rows', result: partialSums(whole([2, 29, 5]), { axis: 1, chunk: 8 }) },
    { title: 'of channels', result: partialSums(whole([3, 37]), { axis: 1, chunk: 8 }) },
  ],
  sum: [
    { result: sum(whole(PICTURE), [0, 2]) },
    { title: 'of all', result: sum(whole([3, 5, 17, 23])), rules },
    { title: 'of many rows', result: sum(weights([1733, 21]), [0]), rules },
  ],
  sumProducts: [
    { title: 'of channels', result: sumProducts(whole([2, 9, 13]), weights([2, 9, 13]), 2) },
    { title: 'of many rows', result: sumProducts(whole([1733, 21]), weights([1733, 21]), 0), rules },
    { title: 'of a map', result: sumProducts(whole(PICTURE), weights(PICTURE), 1) },
  ],
};
