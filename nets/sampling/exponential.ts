/**
 * exp(x) for x ≤ 0, from nothing but sums and products, which float64 rounds in the same way everywhere.
 * `Math.exp` may differ in its last bit from one browser to another, and with it, once in a while, a token.
 *
 * exp(x) = 2⁻ᵏ · exp(r) with |r| ≤ ln 2 / 2, and exp(r) by its series. The relative error is below 2⁻⁵¹. Pure.
 */

/** ln 2 in two parts; k times the first is exact for the k that occur. */
const LN2_HIGH = 6.93147180369123816e-1;
const LN2_LOW = 1.90821492927058770002e-10;
/** Below, results would near the smallest normal float64, 2⁻¹⁰²²; nothing so unlikely is ever drawn. */
const LOWEST = -708;
/** 2⁻ᵏ, exactly, for k = 0 … 1022. */
const POWERS: Float64Array = divideBy(1023, () => 2);
/** 1/n! for n = 0 … 14: the first term left out is 1e-19 of the sum. */
const COEFFICIENTS: Float64Array = divideBy(15, (n) => n);

/** @param x at most 0; below -708, and that includes -Infinity, the result is 0 */
export function exponential(x: number): number {
  if (x < LOWEST) return 0;
  const k = Math.round(-x / Math.LN2);
  const r = x + k * LN2_HIGH + k * LN2_LOW;
  let sum = 0;
  for (let n = COEFFICIENTS.length - 1; n >= 0; n--) sum = sum * r + COEFFICIENTS[n]!;
  return sum * POWERS[k]!;
}

/** 1, and each entry n after it the one before, divided. */
function divideBy(length: number, divisor: (n: number) => number): Float64Array {
  const entries = new Float64Array(length).fill(1);
  for (let n = 1; n < length; n++) entries[n] = entries[n - 1]! / divisor(n);
  return entries;
}
