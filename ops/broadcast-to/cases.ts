/** Calls of broadcastTo that repeat texels, lanes of a texel, and a single number. */
import { whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { broadcastTo } from '../index.ts';

export const cases: OpCases = {
  broadcastTo: [
    { title: 'channels', result: broadcastTo(whole([5, 1, 1]), [2, 5, 9, 13]) },
    { title: 'rows', result: broadcastTo(whole([7]), [3, 9, 7]) },
    { title: 'lanes', result: broadcastTo(whole([2, 1, 9, 13]), [2, 5, 9, 13]) },
    { title: 'a number', result: broadcastTo(whole([]), [6, 5]) },
  ],
};
