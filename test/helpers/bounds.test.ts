/**
 * The bounds must hold for honest float32 and bite for half precision: a bound that lets a rounded operand through
 * would prove nothing about a kernel.
 */
import { describe, expect, it } from 'vitest';
import { anyInputBound, cancellingBound, FUNCTION_BOUNDS, functionBound, gamma, gaussianBound } from './bounds.ts';
import { createRandom } from './random.ts';

/** A product in float32, the worst order there is: one term after the other; beside it float64 and the two sums. */
function multiplyVectors(a: Float32Array, b: Float32Array) {
  let [single, double, sumOfAbsolutes, sumOfSquares] = [0, 0, 0, 0];
  a.forEach((value, i) => {
    const term = value * b[i]!;
    single = Math.fround(single + Math.fround(term));
    double += term;
    sumOfAbsolutes += Math.abs(term);
    sumOfSquares += term * term;
  });
  return { single, double, sumOfAbsolutes, sumOfSquares };
}

/** Keeps 11 significant bits, as half precision does within its range. */
function roundToHalf(value: number): number {
  const step = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 10);
  return Math.round(value / step) * step;
}

describe('bounds of sums', () => {
  const lengths = [1, 3, 4, 5, 63, 64, 65, 1000, 4096];
  const random = createRandom(2);

  it.each(lengths)('hold for float32 at K = %i', (length) => {
    for (let trial = 0; trial < 50; trial++) {
      const sums = multiplyVectors(random.gaussians(length), random.gaussians(length));
      const error = Math.abs(sums.single - sums.double);
      expect(error).toBeLessThanOrEqual(anyInputBound(length, sums.sumOfAbsolutes));
      expect(error).toBeLessThanOrEqual(gaussianBound(length, sums.sumOfSquares));
    }
  });

  it.each([4, 64, 1000])('the sharp one fails operands rounded to half at K = %i', (length) => {
    let caught = 0;
    for (let trial = 0; trial < 50; trial++) {
      const [a, b] = [random.gaussians(length), random.gaussians(length)];
      const exact = multiplyVectors(a, b);
      const rounded = multiplyVectors(a.map(roundToHalf), b);
      if (Math.abs(rounded.single - exact.double) > gaussianBound(length, exact.sumOfSquares)) caught++;
    }
    expect(caught).toBeGreaterThan(25);
  });

  it('a dropped term of ordinary size fails both', () => {
    const [a, b] = [random.gaussians(65), random.gaussians(65)];
    [a[64], b[64]] = [1, 1];
    const exact = multiplyVectors(a, b);
    const error = Math.abs(multiplyVectors(a.subarray(0, 64), b.subarray(0, 64)).single - exact.double);
    expect(error).toBeGreaterThan(anyInputBound(65, exact.sumOfAbsolutes));
    expect(error).toBeGreaterThan(gaussianBound(65, exact.sumOfSquares));
  });

  it('are what design says', () => {
    expect(gamma(1)).toBe(2 ** -24 / (1 - 2 ** -24));
    expect(anyInputBound(2, 0)).toBe(2 ** -125);
    expect(gaussianBound(4, 9)).toBe(48 * 2 ** -24);
    expect(cancellingBound(6, 2)).toBe(24 * 2 ** -24);
    expect(() => gamma(2 ** 24)).toThrow(RangeError);
  });
});

describe('bounds of functions', () => {
  it('are relative, and forgive a flushed denormal', () => {
    expect(functionBound('exp', 1)).toBeCloseTo(2 ** -20, 12);
    expect(functionBound('exp', 0)).toBe(2 ** -126);
  });

  it.each(Object.entries(FUNCTION_BOUNDS))('%s: leaves room for float32 and none for half precision', (_, bound) => {
    expect(bound.from).toBeLessThan(bound.to);
    expect(bound.relative).toBeGreaterThan(2 ** -24);
    expect(bound.relative).toBeLessThanOrEqual(2 ** -20);
  });
});
