/** A call of transpose that moves channels. */
import { PICTURE, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { transpose } from '../index.ts';

export const cases: OpCases = {
  transpose: [{ result: transpose(whole(PICTURE), [0, 2, 3, 1]) }],
};
