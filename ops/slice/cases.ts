/** A call of slice that cuts texels. */
import { PICTURE, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { slice } from '../index.ts';

export const cases: OpCases = {
  slice: [{ result: slice(whole(PICTURE), [1, 1, 2, 3], [1, 3, 5, 9]) }],
};
