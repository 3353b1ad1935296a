/** Calls of max_pool2d_by_x: with a row and a column in no window, many equal numbers, NaN, and windows of three. */
import { PICTURE, hostile, whole, weights } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { maxPool2dByX } from './max-pool2d-by-x.ts';

export const cases: OpCases = {
  maxPool2dByX: [
    { result: maxPool2dByX(whole([2, 5, 4, 6]), whole(PICTURE), 2) },
    { title: 'ties', result: maxPool2dByX(whole([2, 5, 4, 6]), weights(PICTURE), 2) },
    { title: 'hostile', result: maxPool2dByX(whole([2, 5, 4, 6]), hostile(PICTURE), 2) },
    { title: '3×3', result: maxPool2dByX(whole([2, 5, 3, 4]), weights(PICTURE), 3) },
  ],
};
