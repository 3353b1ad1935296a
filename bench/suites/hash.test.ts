/** The hash suite at a tiny size: every road is run in every round, and told beside that without hashing. */
import { expect, test } from 'vitest';
import { findChromium } from '../../test/browser/chromium.ts';
import { hashRowsOf } from '../report/hash.ts';
import { measureHashInBrowser, measureHashInNode } from './hash.ts';

const once = { minRounds: 2, moreSeconds: 0 };

test('in Node', async () => {
  const cache = process.env['DALLE_GL_CACHE'];
  const rows = hashRowsOf(await measureHashInNode(once, true));
  expect(rows.map(({ what, added }) => [what, added !== undefined])).toEqual([
    ['without', false],
    ['first', true],
    ['later', true],
  ]);
  expect(rows.every(({ wall, cpu }) => wall.count >= 2 && cpu.count === wall.count)).toBe(true);
  expect(process.env['DALLE_GL_CACHE']).toBe(cache);
});

test.skipIf(findChromium() === undefined)('in Chromium', async () => {
  const { renderer, costs } = await measureHashInBrowser(once, true);
  expect(renderer).toMatch(/^Chromium [\d.]+$/);
  expect(costs.map(({ bare }) => bare === undefined)).toEqual(
    [3, 3, 2, 1].flatMap((hashed) => [true, ...Array<boolean>(hashed).fill(false)]),
  );
  expect(costs.every(({ wall, cpu, bytes }) => wall.length >= 2 && cpu.length === wall.length && bytes > 0)).toBe(true);
});
