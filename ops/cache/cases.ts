/** A call of layRows. Appends change a state: cache.test.ts has them. */
import { whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { layRows } from '../index.ts';

export const cases: OpCases = {
  layRows: [{ result: layRows(whole([18, 13]), { sequences: 2, batch: 4, length: 9, first: 1, groups: 2, size: 6 }) }],
};
