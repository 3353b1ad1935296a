/** The generator against Random123's known answers, and the numbers it makes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { philox } from '../../base/philox.ts';
import { candidateSeed, createRandom, SEEDS, uniformAt } from './random.ts';

describe('philox', () => {
  // kat_vectors of Random123 1.14: "philox4x32 10".
  const full = 0xffffffff;
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [full, full, full, full],
      [full, full],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('%j, %j', (counter, key, words) => {
    expect(philox(counter, key)).toEqual(words);
  });
});

describe('uniformAt', () => {
  test('takes the upper 27 bits of the first word and the upper 26 of the second', () => {
    const bits = (BigInt(0x6627e8d5 >>> 5) << 26n) | BigInt(0xe169c58d >>> 6);
    expect(uniformAt(0, 0)).toBe(Number(bits) / 2 ** 53);
  });

  test('is in [0, 1) and differs by seed and index, beyond 32 bits too', () => {
    const seed = fc.integer({ min: 0, max: SEEDS - 1 });
    fc.assert(
      fc.property(seed, fc.maxSafeNat(), (key, index) => {
        const value = uniformAt(key, index);
        expect(value >= 0 && value < 1).toBe(true);
        expect(uniformAt(key, index)).toBe(value);
        expect(uniformAt(candidateSeed(key, 1), index)).not.toBe(value);
        expect(uniformAt(key, (index + 2 ** 32) % 2 ** 53)).not.toBe(value);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  test('fills 64 boxes evenly, and one number says nothing of the next', () => {
    const runs = 64 * 1000;
    const random = createRandom(42);
    const boxes = new Float64Array(64);
    for (let run = 0; run < runs; run++)
      boxes[8 * Math.floor(8 * random.uniform()) + Math.floor(8 * random.uniform())]!++;
    const chiSquare = boxes.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 63 degrees of freedom: 1 in 10,000 exceeds 111, and 1 in 10,000 stays below 28.
    expect(chiSquare).toBeGreaterThan(28);
    expect(chiSquare).toBeLessThan(111);
  });
});

test('createRandom walks through the indices', () => {
  const random = createRandom(9);
  expect([random.uniform(), random.uniform()]).toEqual([uniformAt(9, 0), uniformAt(9, 1)]);
});

test('seeds of candidates wrap around', () => {
  expect(candidateSeed(7, 2)).toBe(candidateSeed(9, 0));
  expect(candidateSeed(SEEDS - 1, 1)).toBe(0);
});
