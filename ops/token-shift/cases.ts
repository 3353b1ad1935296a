/** A call of tokenShift on text and image, and of what goes back. */
import { indices, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { layRows, tokenShift } from '../index.ts';
import { tokenShiftByCache } from './token-shift-by-cache.ts';

/** Two sequences of 3 text and 3 × 5 image positions, of 6 channels. */
const form = { sequences: 2, batch: 2, length: 18 };
const attributes = { ...form, count: 18, size: 6, text: 3, columns: 5 };
const cache = layRows(whole([36, 6]), { ...form, first: 0, groups: 1, size: 6 });

export const cases: OpCases = {
  tokenShift: [{ result: tokenShift(cache, indices([1], 0, 0), attributes) }],
  tokenShiftByCache: [
    { result: tokenShiftByCache(whole([36, 6]), indices([1], 0, 0), attributes) },
    {
      title: 'of copies, a few positions',
      result: tokenShiftByCache(whole([10, 21]), indices([1], 2, 2), { ...attributes, batch: 4, count: 5, size: 21 }),
    },
    {
      title: 'of one column',
      result: tokenShiftByCache(whole([36, 6]), indices([1], 0, 0), { ...attributes, columns: 1 }),
    },
  ],
};
