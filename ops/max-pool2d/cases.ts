/** A call of maxPool2d that leaves a row and a column out. */
import { PICTURE, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { maxPool2d } from '../index.ts';

export const cases: OpCases = {
  maxPool2d: [{ result: maxPool2d(whole(PICTURE)) }],
};
