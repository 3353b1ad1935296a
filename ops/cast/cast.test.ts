/**
 * Casts to and from half: all 65,536 halves and both sides of every point where rounding turns, against halves decoded
 * by their definition; NaN stays NaN, infinities and subnormals are kept.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, referenceDevice, tensor } from '../../engine/index.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference, expectNumbers } from '../../test/helpers/identical.ts';
import { dtypes, hostileTensor, seeds, shapesFromRank } from '../../test/helpers/shapes.ts';
import { castToFloat, castToHalf, halfWeights } from './cast.ts';
import { checkHalfBits, roundToHalf } from './half.ts';

/** A half by the definition of IEEE 754: sign, 5 bits of exponent, 10 of fraction. */
function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

function nextFloat(value: number, step: 1 | -1): number {
  const bits = new Int32Array(Float32Array.of(value).buffer);
  bits[0]! += step;
  return new Float32Array(bits.buffer)[0]!;
}

/** Floats and the halves they must become. */
function makeRoundingTable(): { given: Float32Array; expected: Float32Array } {
  const pairs: [given: number, expected: number][] = [
    [65519.99609375, 65504],
    [65520, Infinity],
    [1e38, Infinity],
    [-65520, -Infinity],
    [NaN, NaN],
    [2 ** -126, 0],
    [2 ** -149, 0],
    [-(2 ** -140), -0],
  ];
  for (let bits = 0; bits < 0x10000; bits++) pairs.push([decodeHalf(bits), decodeHalf(bits)]);
  for (let bits = 0; bits < 0x7bff; bits++) {
    const [lower, upper] = [decodeHalf(bits), decodeHalf(bits + 1)];
    const middle = (lower + upper) / 2; // a float, since a float has 13 bits more
    const even = bits % 2 === 0 ? lower : upper;
    pairs.push([middle, even], [nextFloat(middle, -1), lower], [-nextFloat(middle, 1), -upper]);
  }
  return { given: Float32Array.from(pairs, ([x]) => x), expected: Float32Array.from(pairs, ([, y]) => y) };
}

describe('castToHalf', () => {
  const { given, expected } = makeRoundingTable();

  test('rounds every half and every turning point right, on the device and in the reference', async () => {
    const x = tensor(given, [given.length]);
    for (const device of [await openTestDevice(), openCpuTestDevice(), referenceDevice]) {
      await expectNumbers(device, castToHalf(x), expected);
      await expectNumbers(device, castToFloat(castToHalf(x)), expected);
      await expectNumbers(device, castToFloat(halfWeights(x)), expected);
      await expectNumbers(device, castToFloat(tensor(expected, [expected.length], 'f16')), expected);
    }
  });

  test('keeps the sign of zero', () => {
    expect(roundToHalf(-0)).toBe(-0);
    expect(roundToHalf(-(2 ** -140))).toBe(-0);
    expect(roundToHalf(2 ** -25)).toBe(0);
  });

  test('equals the reference for any shape, and casts twice as once', async () => {
    const cases = fc.record({ shape: shapesFromRank(0), dtype: dtypes, seed: seeds });
    await checkOnEveryVariant(cases, async (device, { shape, dtype, seed }) => {
      const x = hostileTensor(seed, shape, dtype);
      await expectIdenticalToReference(device, castToHalf(x));
      const [once] = await interpret([castToHalf(x)]);
      await expectNumbers(device, castToHalf(castToFloat(castToHalf(x))), once!);
    });
  });
});

describe('castToFloat', () => {
  test('keeps what is float, and whole numbers to 2²⁴', async () => {
    const x = tensor([1], [1]);
    expect(castToFloat(x)).toBe(x);
    const tokens = tensor([2 ** 24 - 1, -(2 ** 24) + 1, 8191], [3], 'i32');
    expect(castToFloat(tokens).dtype).toBe('f32');
    await expectNumbers(await openTestDevice(), castToFloat(tokens), [2 ** 24 - 1, -(2 ** 24) + 1, 8191]);
  });
});

test('the first half that is not finite is found, wherever it is and wherever the bits begin', () => {
  for (const start of [0, 1, 2]) {
    for (let at = 0; at < 9; at++) {
      const bits = new Uint16Array(16).fill(0x7bff).subarray(start, start + 9);
      expect(() => checkHalfBits(bits, 100)).not.toThrow();
      bits[at] = at % 2 === 0 ? 0xfc00 : 0x7c01;
      const found = `weight ${100 + at} is ${at % 2 === 0 ? 'Infinity' : 'NaN'}`;
      expect(() => checkHalfBits(bits, 100)).toThrow(found);
    }
  }
});
