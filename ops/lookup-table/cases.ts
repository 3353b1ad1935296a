/** Calls of lookup_table: with a bias, and without. */
import { madeWeights, weights } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { lookupTable } from './lookup-table.ts';

export const cases: OpCases = {
  lookupTable: [
    { result: lookupTable(madeWeights([13, 29, 1, 1]), weights([13])) },
    { result: lookupTable(madeWeights([13, 29, 1, 1])), title: 'without bias' },
  ],
};
