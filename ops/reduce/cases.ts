/** Calls of the reductions. */
import { PICTURE, hostile, quotientBound, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { max, mean, sum } from '../index.ts';

export const cases: OpCases = {
  max: [{ result: max(hostile(PICTURE), [1, 3]) }],
  mean: [{ result: mean(whole(PICTURE), [2, 3]), bound: quotientBound }],
  sum: [{ result: sum(whole(PICTURE), [0, 2]) }],
};
