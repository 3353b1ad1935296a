/** Calls of softmax, over the channels of texels and over rows of them. */
import { gaussians } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { softmax } from '../index.ts';

/** Of the exponential twice, of the division, and of a sum of up to 13. */
const bound = (expected: number): number => 2 ** -18 * expected;

export const cases: OpCases = {
  softmax: [
    { title: 'over channels', result: softmax(gaussians([2, 9, 13])), bound },
    { title: 'over rows', result: softmax(gaussians([2, 9, 13]), 1), bound },
  ],
};
