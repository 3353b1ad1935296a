/**
 * erf and erfc in float64, which JavaScript lacks: what the shaders of erf and gelu are held to. Below 2 the series of
 * positive terms erf z = 2/√π · e^(−z²) · Σ 2ⁿ z²ⁿ⁺¹ / (2n + 1)!!, above it the continued fraction of Laplace for erfc
 * (Abramowitz and Stegun 7.1.6 and 7.1.14). Relative error below 2⁻⁴⁴, erfc in its tail included.
 */

/** Where one expansion takes over from the other; both converge quickly there. */
const SEAM = 2;

/** 2/√π ∫₀ˣ e^(−t²) dt. */
export function computeErf(x: number): number {
  return Math.abs(x) < SEAM ? sumSeries(x) : Math.sign(x) * (1 - computeErfc(Math.abs(x)));
}

/** 1 − erf x, without the cancellation. */
export function computeErfc(x: number): number {
  if (x < SEAM) return x > -SEAM ? 1 - sumSeries(x) : 2 - computeErfc(-x);
  return evaluateFraction(x);
}

function sumSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > (Number.EPSILON * Math.abs(sum)) / 4; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** e^(−x²)/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))), from the inside out; 80 levels are enough at 2. */
function evaluateFraction(x: number): number {
  let denominator = x;
  for (let level = 80; level > 0; level--) denominator = x + level / 2 / denominator;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / denominator;
}
