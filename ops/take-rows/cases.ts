/** Calls of take_rows: of a kernel, and of a bias. */
import { madeWeights } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { takeRows } from './take-rows.ts';

export const cases: OpCases = {
  takeRows: [
    { result: takeRows(madeWeights([13, 5, 3, 3]), { first: 3, count: 7 }) },
    { result: takeRows(madeWeights([13]), { first: 6, count: 7 }), title: 'of a bias' },
  ],
};
