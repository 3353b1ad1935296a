/** A call of oneHot, with classes that there are not. */
import { indices } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { oneHot } from '../index.ts';

export const cases: OpCases = {
  oneHot: [{ result: oneHot(indices([2, 9, 13], -1, 5), 5, 1) }],
};
