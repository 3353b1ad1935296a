/**
 * exp, log, tanh, sigmoid, erf, GELU and SiLU of four numbers at once to about 2⁻²². Argument reduction after Cody and
 * Waite; the polynomials are those of ../gl/accurate.ts: Moshier's Cephes, for erf and GELU our own. NaN stays NaN:
 * pmin and pmax with the number first keep it.
 *
 * Tested against float64 over the ranges of test/helpers/bounds.ts.
 */
import { madd } from '../../cpu/tile.wasm';

/** The same number four times. */
// @ts-ignore: decorator
@inline
export function all(value: f32): v128 {
  return f32x4.splat(value);
}

/** Where a number is NaN. */
// @ts-ignore: decorator
@inline
function isNan(x: v128): v128 {
  return f32x4.ne(x, x);
}

/** e to this is the last that is a normal number, by a little. */
export const LEAST: f32 = -87.3;

/**
 * e^x for every float: overflows to Infinity, and is 0 where it would be below the normal numbers. A product that is
 * denormal takes a processor a hundred times as long, and masked scores of attention all had one.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const bounded = f32x4.pmin(f32x4.pmax(x, all(LEAST)), all(89));
  const whole = f32x4.nearest(f32x4.mul(bounded, all(1.44269504)));
  // ln 2 in two parts: the first has so few bits that whole · part is exact.
  const r = madd(whole, all(2.1219444e-4), madd(whole, all(-0.693359375), bounded));
  let p = madd(r, all(1.9875691e-4), all(1.39819995e-3));
  p = madd(p, r, all(8.3334519e-3));
  p = madd(p, r, all(4.1665796e-2));
  p = madd(p, r, all(1.6666665e-1));
  p = madd(p, r, all(0.5));
  const result = f32x4.add(madd(p, f32x4.mul(r, r), r), all(1));
  // 2^whole as a product of two, since 2^128 is no float.
  const exponent = i32x4.trunc_sat_f32x4_s(whole);
  const first = i32x4.shr_s(exponent, 1);
  const power = f32x4.mul(f32x4.mul(result, powerOfTwo(first)), powerOfTwo(i32x4.sub(exponent, first)));
  return v128.andnot(power, f32x4.lt(x, all(LEAST)));
}

// @ts-ignore: decorator
@inline
function powerOfTwo(exponent: v128): v128 {
  return i32x4.shl(i32x4.add(exponent, i32x4.splat(127)), 23);
}

/** ln x: −Infinity at 0, NaN below 0. */
// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  // Denormals are scaled up first.
  const small = f32x4.lt(x, all(1.17549435e-38));
  const bits = v128.bitselect(f32x4.mul(x, all(16777216)), x, small);
  // x = m · 2^e with m in [√½, √2); ln m = 2 artanh((m − 1) / (m + 1)), a series that is exact near 1.
  const shift = i32x4.shr_s(i32x4.sub(bits, i32x4.splat(0x3f3504f3)), 23);
  const m = i32x4.sub(bits, i32x4.shl(shift, 23));
  const e = f32x4.sub(f32x4.convert_i32x4_s(shift), v128.and(small, all(24)));
  const s = f32x4.div(f32x4.sub(m, all(1)), f32x4.add(m, all(1)));
  const z = f32x4.mul(s, s);
  let p = madd(z, all(1.8181818e-1), all(2.2222222e-1));
  p = madd(p, z, all(2.8571429e-1));
  p = madd(p, z, all(0.4));
  p = madd(p, z, all(6.6666667e-1));
  const series = madd(f32x4.mul(s, z), p, f32x4.add(s, s));
  let result = madd(e, all(0.693359375), madd(e, all(-2.1219444e-4), series));
  result = v128.bitselect(x, result, f32x4.eq(x, all(Infinity)));
  result = v128.bitselect(all(-Infinity), result, f32x4.eq(x, all(0)));
  return v128.bitselect(all(NaN), result, v128.or(isNan(x), f32x4.lt(x, all(0))));
}

/** tanh x, relative even near 0 where 1 − 2/(e²ˣ + 1) would cancel. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let p = madd(z, all(-5.70498873e-3), all(2.06390888e-2));
  p = madd(p, z, all(-5.37397156e-2));
  p = madd(p, z, all(1.33314422e-1));
  p = madd(p, z, all(-3.33332819e-1));
  const small = madd(f32x4.mul(x, z), p, x);
  const size = f32x4.abs(x);
  const grown = exp4(f32x4.add(size, size));
  const large = f32x4.sub(all(1), f32x4.div(all(2), f32x4.add(grown, all(1))));
  return v128.bitselect(small, withSign(large, x), f32x4.lt(size, all(0.625)));
}

/** A number that is not negative with the sign of another. */
// @ts-ignore: decorator
@inline
function withSign(size: v128, x: v128): v128 {
  return v128.or(size, v128.and(x, i32x4.splat(0x80000000)));
}

/** 1 / (1 + e⁻ˣ). */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  return f32x4.div(all(1), f32x4.add(all(1), exp4(f32x4.neg(x))));
}

/** e^(z²) · erfc z for z ≥ 0: w times a polynomial in w = 1 / (1 + z/2). Falls to 0 at Infinity. */
// @ts-ignore: decorator
@inline
export function scaledErfc(z: v128): v128 {
  const w = f32x4.div(all(1), madd(z, all(0.5), all(1)));
  let p = madd(w, all(-5.89313768e-2), all(2.83901095e-1));
  p = madd(p, w, all(-4.85798478e-1));
  p = madd(p, w, all(2.76455909e-1));
  p = madd(p, w, all(-2.55094096e-2));
  p = madd(p, w, all(2.02211499e-1));
  p = madd(p, w, all(2.43224815e-1));
  p = madd(p, w, all(2.82358527e-1));
  p = madd(p, w, all(2.82087386e-1));
  return f32x4.mul(p, w);
}

/** erf x, relative even near 0 where 1 − erfc x would cancel. */
// @ts-ignore: decorator
@inline
export function erf4(x: v128): v128 {
  const s = f32x4.mul(x, x);
  let p = madd(s, all(-6.09036011e-4), all(5.01196273e-3));
  p = madd(p, s, all(-2.67789084e-2));
  p = madd(p, s, all(1.12821408e-1));
  p = madd(p, s, all(-3.76125246e-1));
  p = madd(p, s, all(1.12837911));
  const z = f32x4.abs(x);
  const tail = f32x4.mul(exp4(f32x4.neg(s)), scaledErfc(z));
  const large = withSign(f32x4.sub(all(1), tail), x);
  return v128.bitselect(f32x4.mul(x, p), large, f32x4.lt(z, all(0.9)));
}

/**
 * x · Φ(x) as max(x, 0) − |x| · Φ(−|x|): the tail is never a difference of numbers beside 1. Beyond ±14 it is 0, so
 * Infinity gives Infinity and −Infinity 0, the limit.
 */
// @ts-ignore: decorator
@inline
export function gelu4(x: v128): v128 {
  const t = f32x4.pmin(f32x4.abs(x), all(14));
  const tail = f32x4.mul(exp4(f32x4.mul(f32x4.mul(t, all(-0.5)), t)), scaledErfc(f32x4.mul(t, all(0.707106781))));
  return f32x4.sub(f32x4.pmax(x, all(0)), f32x4.mul(f32x4.mul(t, all(0.5)), tail));
}

/** ½x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) as x / (1 + e⁻²ᵘ), where nothing cancels; below −20 it is 0. */
// @ts-ignore: decorator
@inline
export function geluTanh4(x: v128): v128 {
  const bounded = f32x4.pmax(x, all(-20));
  const square = f32x4.mul(bounded, bounded);
  const u = f32x4.mul(bounded, madd(square, all(-7.13548163e-2), all(-1.59576912)));
  return f32x4.div(bounded, f32x4.add(all(1), exp4(u)));
}

/** x / (1 + e⁻ˣ); below −104 it is 0, and at −Infinity, the limit. */
// @ts-ignore: decorator
@inline
export function silu4(x: v128): v128 {
  const bounded = f32x4.pmax(x, all(-104));
  return f32x4.div(bounded, f32x4.add(all(1), exp4(f32x4.neg(bounded))));
}

/** x / (1 + e^(−1.702x)), with the same limit. */
// @ts-ignore: decorator
@inline
export function quickGelu4(x: v128): v128 {
  const bounded = f32x4.pmax(x, all(-104));
  return f32x4.div(bounded, f32x4.add(all(1), exp4(f32x4.mul(bounded, all(-1.702)))));
}
