import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countSlips, findNearest } from './nearest.ts';

test.each([
  ['--side-by-sied', ['--size', '--side-by-side'], '--side-by-side'],
  ['recnstruct', ['encode', 'reconstruct', 'decode'], 'reconstruct'],
  ['xyz', ['encode', 'decode'], undefined],
])('%s', (typed, words, wanted) => {
  expect(findNearest(typed, words)).toBe(wanted);
});

test('one slip of any kind counts one', () => {
  expect(['sze', 'siize', 'siye', 'szie'].map((typed) => countSlips(typed, 'size'))).toEqual([1, 1, 1, 1]);
});

test('slips are symmetric, zero only between equals, and never more than the longer word has letters', () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const slips = countSlips(a, b);
      expect(slips).toBe(countSlips(b, a));
      expect(slips === 0).toBe(a === b);
      expect(slips).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
    { numRuns: 300 },
  );
});
