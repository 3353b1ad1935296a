/** A call of tokenShift on text and image. */
import { indices, whole } from '../../test/helpers/op-case.ts';
import type { OpCase, OpCases } from '../../test/helpers/op-case.ts';
import { layRows, tokenShift } from '../index.ts';

/** Two sequences of 3 text and 3 × 5 image positions, of 6 channels. */
function shiftTokens(): OpCase {
  const form = { sequences: 2, batch: 2, length: 18 };
  const cache = layRows(whole([36, 6]), { ...form, first: 0, groups: 1, size: 6 });
  const attributes = { ...form, count: 18, size: 6, text: 3, columns: 5 };
  return { result: tokenShift(cache, indices([1], 0, 0), attributes) };
}

export const cases: OpCases = {
  tokenShift: [shiftTokens()],
};
