/** A call of pad on every side. */
import { PICTURE, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { pad } from '../index.ts';

export const cases: OpCases = {
  pad: [{ result: pad(whole(PICTURE), [0, 1, 2, 3], [1, 0, 3, 2], -7) }],
};
