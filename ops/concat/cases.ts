/** A call of concat along channels that share texels. */
import { PICTURE, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { concat } from '../index.ts';

export const cases: OpCases = {
  concat: [{ result: concat([whole(PICTURE), whole([2, 3, 9, 13]), whole([2, 1, 9, 13])], 1) }],
};
