/**
 * How far float32 on a GPU may be from float64: the numbers the whole product is held to, in one place.
 * Follows Higham, "Accuracy and Stability of Numerical Algorithms" (the constant gamma), with factors for the fused or
 * reordered sums a driver may make. `K` is the number of terms of a sum, its bias and its residual among them.
 *
 * A bound is never widened to let a kernel pass; the kernel is replaced.
 */

/** Unit roundoff of float32. */
export const UNIT_ROUNDOFF: number = 2 ** -24;

/** Smallest normal float32: a GPU may flush anything below it to zero. */
const SMALLEST_NORMAL: number = 2 ** -126;

/** Growth of relative error over `terms` roundings in a row: K·u / (1 - K·u). */
export function gamma(terms: number): number {
  const product = terms * UNIT_ROUNDOFF;
  if (!(product < 1)) throw new RangeError(`gamma(${terms}): a sum this long has no bound in float32.`);
  return product / (1 - product);
}

/**
 * Bound of one sum for any finite inputs, hostile ones too, while no partial sum overflows.
 *
 * @param terms K
 * @param sumOfAbsolutes Σ|a||b| of this very element, in float64
 */
export function anyInputBound(terms: number, sumOfAbsolutes: number): number {
  return 2 * gamma(terms) * sumOfAbsolutes + terms * SMALLEST_NORMAL;
}

/**
 * The sharp bound of one sum, for seeded Gaussian inputs only: rounding errors there have no common sign, so they grow
 * with √K. Operands rounded to half precision fail it.
 *
 * @param terms K
 * @param sumOfSquares Σ(ab)² of this very element, in float64
 */
export function gaussianBound(terms: number, sumOfSquares: number): number {
  return 8 * UNIT_ROUNDOFF * Math.sqrt(terms) * Math.sqrt(sumOfSquares);
}

/**
 * Bound of a rewrite that adds and cancels large terms (Winograd, a folded LayerNorm).
 *
 * @param roundings how many roundings follow each other on the longest path
 * @param absoluteResult the same algorithm run by the reference on absolute values of inputs and constants
 */
export function cancellingBound(roundings: number, absoluteResult: number): number {
  return 2 * UNIT_ROUNDOFF * roundings * absoluteResult;
}

/** Unit roundoff of half precision, and below what a half is subnormal: a product's loop may take it for zero. */
export const HALF_ROUNDOFF: number = 2 ** -11;
export const SMALLEST_NORMAL_HALF: number = 2 ** -14;

/**
 * Beside the bound of the sum itself: what rounding it to half may add, and operands too small for a normal half.
 *
 * @param expected the exact sum of operands that are halves
 * @param sumBound how far the fp32 sum may be from it
 * @param flushed Σ of |b| over the terms whose |a| is below SMALLEST_NORMAL_HALF, and the other way round
 */
export function halfBound(expected: number, sumBound: number, flushed = 0): number {
  const exact = sumBound + flushed * SMALLEST_NORMAL_HALF;
  return exact + HALF_ROUNDOFF * (Math.abs(expected) + exact) + 2 ** -25; // half the smallest subnormal
}

/** What a function must keep for every argument from `from` to `to`, ends included. */
interface FunctionBound {
  readonly from: number;
  readonly to: number;
  /** Largest relative error of the result. */
  readonly relative: number;
  /** Allowed beside it, where a result falls off so fast that the rounding of the argument alone is felt (none). */
  readonly absolute?: number;
}

/**
 * Ranges end before results overflow or go denormal, except where a function saturates by itself. Drivers promise less
 * than this (GLSL ES 3.00 leaves `exp` at 3 + 2|x| ULP): where one misses it, our own polynomial replaces the built-in.
 */
export const FUNCTION_BOUNDS: Readonly<Record<BoundedFunction, FunctionBound>> = {
  /** Needs the argument reduced in two steps: exp2(x · log2 e) alone loses |x| · 2⁻²⁴. */
  exp: { from: -80, to: 80, relative: 2 ** -20 },
  /** Relative even beside 1, where the result passes through zero. */
  log: { from: 2 ** -126, to: 2 ** 126, relative: 2 ** -20 },
  /** Relative even beside 0, where 1 - 2/(e²ˣ + 1) cancels. */
  tanh: { from: -20, to: 20, relative: 2 ** -20 },
  /** Relative down to e⁻⁸⁰; the positive side may be exactly 1. */
  sigmoid: { from: -80, to: 80, relative: 2 ** -20 },
  /** Relative even beside 0. */
  erf: { from: -6, to: 6, relative: 2 ** -20 },
  /** Below 0 like e^(-x²/2), which multiplies the relative error of its argument by x²/2. */
  gelu: { from: -20, to: 2 ** 126, relative: 2 ** -20, absolute: 2 ** -26 },
  geluTanh: { from: -20, to: 2 ** 126, relative: 2 ** -20, absolute: 2 ** -26 },
  /** Below 0 like x · eˣ. */
  silu: { from: -80, to: 2 ** 126, relative: 2 ** -20 },
  /** Below 0 like e^(1.702x), whose argument is rounded. */
  quickGelu: { from: -45, to: 2 ** 126, relative: 2 ** -20, absolute: 2 ** -26 },
  /** GLSL promises 2 ULP. */
  inverseSqrt: { from: 2 ** -120, to: 2 ** 120, relative: 2 ** -21 },
  /** Of the divisor; the quotient must be normal too. GLSL promises 2.5 ULP. */
  divide: { from: 2 ** -120, to: 2 ** 120, relative: 2 ** -21 },
};

type Activation = 'gelu' | 'geluTanh' | 'silu' | 'quickGelu';
export type BoundedFunction = 'exp' | 'log' | 'tanh' | 'sigmoid' | 'erf' | Activation | 'inverseSqrt' | 'divide';

/** Allowed |error| of a function whose float64 result is `expected`: by the table, and a flushed denormal. */
export function functionBound(name: BoundedFunction, expected: number): number {
  const { relative, absolute = 0 } = FUNCTION_BOUNDS[name];
  return relative * Math.abs(expected) + absolute + SMALLEST_NORMAL;
}
