/**
 * Halves of two bytes and floats, exactly as base/half.ts says it by bits: to the nearest half, ties to even, subnormal
 * ones kept, Infinity from 65520 on, NaN stays NaN.
 */

// @ts-ignore: decorator
@inline
function integers(value: i32): v128 {
  return i32x4.splat(value);
}

/** Bits of four floats that are not negative, but for bits of NaN, and ½ more: beside ½ floats are 2⁻²⁴ apart. */
// @ts-ignore: decorator
@inline
function besideHalf(size: v128): v128 {
  return f32x4.add(size, f32x4.splat(0.5));
}

/** Half a unit of a half's last place is added, less one bit where the last that stays is even. */
// @ts-ignore: decorator
@inline
function carried(size: v128): v128 {
  const odd = v128.and(i32x4.shr_u(size, 13), integers(1));
  return i32x4.add(i32x4.add(size, integers(0xfff)), odd);
}

/** The nearest halves, as floats. */
// @ts-ignore: decorator
@inline
export function roundToHalf4(x: v128): v128 {
  const size = v128.andnot(x, integers(0x80000000));
  const normal = v128.andnot(carried(size), integers(0x1fff));
  const subnormal = f32x4.sub(besideHalf(size), f32x4.splat(0.5));
  let result = v128.bitselect(subnormal, normal, i32x4.lt_s(size, integers(0x38800000)));
  result = v128.bitselect(integers(0x7f800000), result, i32x4.ge_s(size, integers(0x477ff000)));
  result = v128.bitselect(size, result, f32x4.ne(x, x));
  return v128.or(v128.and(x, integers(0x80000000)), result);
}

/** The same as bits of halves, in words of four bytes. */
// @ts-ignore: decorator
@inline
function halfBits4(x: v128): v128 {
  const size = v128.andnot(x, integers(0x80000000));
  const normal = i32x4.shr_u(i32x4.sub(carried(size), integers(0x38000000)), 13);
  const subnormal = i32x4.sub(besideHalf(size), integers(0x3f000000));
  let result = v128.bitselect(subnormal, normal, i32x4.lt_s(size, integers(0x38800000)));
  result = v128.bitselect(integers(0x7c00), result, i32x4.ge_s(size, integers(0x477ff000)));
  const payload = v128.or(v128.and(i32x4.shr_u(size, 13), integers(0x3ff)), integers(0x7e00));
  result = v128.bitselect(payload, result, f32x4.ne(x, x));
  return v128.or(i32x4.shr_u(v128.and(x, integers(0x80000000)), 16), result);
}

/** Four floats of four halves at an address. Exact. */
// @ts-ignore: decorator
@inline
export function loadHalves4(from: usize): v128 {
  const halves = v128.load16x4_u(from);
  const sign = i32x4.shl(v128.and(halves, integers(0x8000)), 16);
  const size = i32x4.shl(v128.and(halves, integers(0x7fff)), 13);
  // The exponent is moved by a product, which makes subnormal halves normal; Infinity and NaN are set apart.
  const moved = f32x4.mul(size, f32x4.splat(5.192296858534828e33));
  const special = i32x4.ge_s(size, integers(0x0f800000));
  return v128.or(sign, v128.bitselect(v128.or(size, integers(0x7f800000)), moved, special));
}

/** The arguments, as callElementwise lays them. */
@unmanaged
class Numbers {
  total: i32;
  each: i32;
  result: usize;
  inner: i32;
  size2: i32;
  size1: i32;
  x: usize;
}

/** Floats stored as halves. */
export function storeHalves(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Numbers>(args);
  const start = item * given.each;
  const count = min(given.each, given.total - start);
  const x = given.x + (<usize>start << 2);
  const result = given.result + (<usize>start << 1);
  let at = 0;
  for (; at + 8 <= count; at += 8) {
    const from = x + (<usize>at << 2);
    const first = halfBits4(v128.load(from));
    const second = halfBits4(v128.load(from, 16));
    // Signed narrowing would saturate: the upper halves of the words are shuffled away instead.
    v128.store(result + (<usize>at << 1), v128.shuffle<i16>(first, second, 0, 2, 4, 6, 8, 10, 12, 14));
  }
  for (; at < count; at++) {
    const bits = halfBits4(v128.load32_splat(x + (<usize>at << 2)));
    store<u16>(result + (<usize>at << 1), <u16>i32x4.extract_lane(bits, 0));
  }
}

/** Halves widened to floats. */
export function widenHalves(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Numbers>(args);
  const start = item * given.each;
  const count = min(given.each, given.total - start);
  const x = given.x + (<usize>start << 1);
  const result = given.result + (<usize>start << 2);
  let at = 0;
  for (; at + 4 <= count; at += 4) v128.store(result + (<usize>at << 2), loadHalves4(x + (<usize>at << 1)));
  for (; at < count; at++) {
    f32.store(result + (<usize>at << 2), f32x4.extract_lane(loadHalves4(x + (<usize>at << 1)), 0));
  }
}
