/** erf and erfc in float64 against values of mpmath 1.2.1 at 40 digits, on both sides of the seam and in the tail. */
import { expect, test } from 'vitest';
import { computeErf, computeErfc } from './error-function.ts';

const values: readonly [x: number, erf: number, erfc: number][] = [
  [1e-9, 1.12837916709551264e-9, 0.999999998871620833],
  [0.1, 0.112462916018284898, 0.887537083981715102],
  [0.5, 0.520499877813046538, 0.479500122186953462],
  [0.9, 0.79690821242283214, 0.20309178757716786],
  [1.5, 0.966105146475310727, 0.0338948535246892729],
  [1.9999, 0.995320197907029392, 0.00467980209297060831],
  [2, 0.995322265018952734, 0.00467773498104726584],
  [2.5, 0.999593047982555041, 0.00040695201744495894],
  [4, 0.9999999845827421, 1.54172579002800189e-8],
  [8, 1, 1.12242971729829271e-29],
  [12, 1, 1.35626116920590421e-64],
];

test.each(values)('at %d and its opposite', (x, erf, erfc) => {
  const relative = 2 ** -44;
  expect(Math.abs(computeErf(x) - erf)).toBeLessThanOrEqual(relative * erf);
  expect(Math.abs(computeErfc(x) - erfc)).toBeLessThanOrEqual(relative * erfc);
  expect(computeErf(-x)).toBe(-computeErf(x));
  expect(Math.abs(computeErfc(-x) - (1 + erf))).toBeLessThanOrEqual(relative * (1 + erf));
});

test('the ends', () => {
  expect([0, Infinity, -Infinity, NaN].map(computeErf)).toEqual([0, 1, -1, NaN]);
  expect([0, Infinity, -Infinity, NaN].map(computeErfc)).toEqual([1, 0, 2, NaN]);
});
