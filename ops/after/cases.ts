/** A call of after. */
import { PICTURE, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { after } from './after.ts';

export const cases: OpCases = {
  after: [{ result: after(whole(PICTURE), whole([3])) }],
};
