/** Calls of pixelShuffle. */
import { whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { pixelShuffle } from '../index.ts';

export const cases: OpCases = {
  pixelShuffle: [{ result: pixelShuffle(whole([2, 20, 9, 13])) }, { result: pixelShuffle(whole([1, 9, 5, 7]), 3) }],
};
