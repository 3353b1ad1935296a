/** A call of upsampleNearest2d. */
import { PICTURE, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { upsampleNearest2d } from '../index.ts';

export const cases: OpCases = {
  upsampleNearest2d: [{ result: upsampleNearest2d(whole(PICTURE)) }],
};
