/** Calls of the casts. */
import { PICTURE, halvable, indices } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { castToFloat, castToHalf } from '../index.ts';

export const cases: OpCases = {
  castToFloat: [{ result: castToFloat(indices(PICTURE, 1 - 2 ** 24, 2 ** 24 - 1)) }],
  castToHalf: [{ result: castToHalf(halvable(PICTURE)) }],
};
