/** Calls of gather, with indices that there are not. */
import { indices, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { gather } from '../index.ts';

export const cases: OpCases = {
  gather: [
    { title: 'into channels', result: gather(whole([7, 5]), indices([2, 9, 13], -1, 7), 1) },
    { title: 'as rows', result: gather(whole([7, 5]), indices([9, 13], 0, 6), 0) },
  ],
};
