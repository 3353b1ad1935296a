/** Calls of softmax and its relatives, over the channels of texels and over rows of them. */
import { gaussians, rules } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { logSoftmax, softmax } from '../index.ts';
import { max } from '../reduce/reduce.ts';
import { softmaxBySums, softmaxByX } from './by-sums.ts';
import { sumExponentials } from './sum-exponentials.ts';

/** Of the exponential twice, of the division, and of a sum of up to 13. */
const bound = (expected: number): number => 2 ** -18 * expected;
/** The same of what may cancel: numbers below 8. */
const differenceBound = (): number => 2 ** -18 * 8;

const x = gaussians([2, 9, 13]);

export const cases: OpCases = {
  softmax: [
    { title: 'over channels', result: softmax(gaussians([2, 9, 13])), bound },
    { title: 'over rows', result: softmax(gaussians([2, 9, 13]), 1), bound },
    { title: 'of long lines', result: softmax(gaussians([3, 43])), bound, rules },
  ],
  softmaxBySums: [
    { title: 'over channels', result: softmaxBySums(gaussians([2, 9, 13]), 2), bound },
    { title: 'over rows', result: softmaxBySums(gaussians([2, 9, 13]), 1), bound },
    { title: 'of a map', result: softmaxBySums(gaussians([2, 5, 3, 7]), 1), bound },
  ],
  sumExponentials: [
    { title: 'over channels', result: sumExponentials(x, max(x, [2], true), 2), bound },
    { title: 'over rows', result: sumExponentials(x, max(x, [1], true), 1), bound },
  ],
  logSoftmax: [
    { title: 'over channels', result: logSoftmax(gaussians([2, 9, 13])), bound: differenceBound },
    { title: 'of a map', result: logSoftmax(gaussians([2, 5, 3, 7]), 1), bound: differenceBound },
  ],
  softmaxByX: [
    {
      title: 'over channels',
      result: softmaxByX(gaussians([2, 9, 13]), softmax(x), 2),
      bound: differenceBound,
    },
    {
      title: 'of a map',
      result: softmaxByX(gaussians([2, 5, 3, 7]), gaussians([2, 5, 3, 7]), 1),
      bound: () => 2 ** -14,
    },
  ],
};
