/** Calls of toRows and fromRows: rows that end within a tensor, and tensors that end within a row. */
import { PICTURE, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { fromRows, toRows } from './flat-rows.ts';

export const cases: OpCases = {
  toRows: [
    { title: 'a picture', result: toRows(whole(PICTURE), 16) },
    { title: 'a bias', result: toRows(whole([5]), 16) },
    { title: 'a whole number of rows', result: toRows(whole([4, 3, 8]), 32) },
  ],
  fromRows: [
    { title: 'a picture', result: fromRows(whole([80, 16]), 3, PICTURE) },
    { title: 'a bias', result: fromRows(whole([80, 16]), 79, [5]) },
  ],
};
