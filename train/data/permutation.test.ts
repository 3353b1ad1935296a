/** The shuffled order: each place once, a different one for each key, and every order about as likely. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { permute } from './permutation.ts';

const orderOf = (count: number, seed: number, epoch: number): number[] =>
  Array.from({ length: count }, (_, place) => permute(place, count, { seed, epoch }));

describe('permute', () => {
  test('gives each number once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), fc.nat(0xffffffff), fc.nat(1000), (count, seed, epoch) => {
        expect(orderOf(count, seed, epoch).sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  test('stays inside of large counts, and is one to one where it was looked', () => {
    const count = 2 ** 31 - 1;
    const seen = new Set(Array.from({ length: 2000 }, (_, i) => permute(count - 1 - i, count, { seed: 3, epoch: 0 })));
    expect(seen.size).toBe(2000);
    for (const value of seen) expect(value >= 0 && value < count && Number.isInteger(value)).toBe(true);
  });

  test('differs by seed and by epoch', () => {
    const first = orderOf(100, 1, 0);
    expect(orderOf(100, 1, 0)).toEqual(first);
    expect(orderOf(100, 2, 0)).not.toEqual(first);
    expect(orderOf(100, 1, 1)).not.toEqual(first);
  });

  test.each([2, 5, 8, 300])('puts each of %i at each place about as often', (count) => {
    const runs = 60 * Math.min(count, 8);
    const columns = Math.min(count, 8);
    const counts = new Float64Array(columns * columns);
    for (let epoch = 0; epoch < runs; epoch++) {
      for (let place = 0; place < columns; place++) {
        const box = Math.floor((permute(place, count, { seed: 7, epoch }) * columns) / count);
        counts[place * columns + box]!++;
      }
    }
    const share = 1 / columns;
    // Boxes of 300 hold 37 or 38 numbers.
    const expected = (box: number): number =>
      count === 300 ? (runs * (Math.ceil(((box + 1) * 300) / 8) - Math.ceil((box * 300) / 8))) / 300 : runs * share;
    const chiSquare = counts.reduce((sum, found, at) => {
      const wanted = expected(at % columns);
      return sum + (found - wanted) ** 2 / wanted;
    }, 0);
    const freedom = (columns - 1) ** 2;
    // Five deviations of a chi square from its mean.
    expect(chiSquare).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom));
  });

  test('all 24 orders of four are about equally frequent', () => {
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < 1200; epoch++) {
      const key = orderOf(4, 11, epoch).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 50) ** 2 / 50, 0);
    expect(counts.size).toBe(24);
    expect(chiSquare).toBeLessThan(23 + 5 * Math.sqrt(46));
  });
});
