/** Calls of embed and of what goes back to its tables, with tokens that there are not. */
import { indices, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { embed } from '../index.ts';
import { embedByTable } from './embed-by-table.ts';

export const cases: OpCases = {
  embed: [
    { result: embed(indices([2, 9], -1, 7), whole([7, 5]), whole([13, 5]), indices([1], 5, 5)) },
    { title: 'known', result: embed(indices([3, 4], 0, 6), whole([7, 5]), whole([7, 5]), indices([1], 2, 2)) },
  ],
  embedByTable: [
    { result: embedByTable(whole([29, 21]), indices([29], -1, 11), { rows: 11, count: 0 }) },
    { title: 'of positions', result: embedByTable(whole([12, 5]), indices([1], 2, 2), { rows: 5, count: 4 }) },
  ],
};
