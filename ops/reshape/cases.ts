/** A call of reshape to another rank. */
import { PICTURE, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { reshape } from '../index.ts';

export const cases: OpCases = {
  reshape: [{ result: reshape(whole(PICTURE), [13, 9, 10]) }],
};
