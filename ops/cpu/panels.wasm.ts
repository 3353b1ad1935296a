/** Panels made ready for the register tile: four numbers spread over a vector each, halves widened to floats. */
import { SPREAD } from './tile.wasm';

/** What a half's exponent and mantissa in the places of a float's make too small, denormal ones too: 2¹¹² times. */
const SCALE: f32 = 5.192296858534828e33;

/** The four halves in the lower bytes of a vector, or in the upper, as floats. Exact; halves must be finite. */
// @ts-ignore: decorator
@inline
export function widenLow(halves: v128, mask: v128, scale: v128): v128 {
  return f32x4.mul(v128.and(i32x4.shl(i32x4.extend_low_i16x8_s(halves), 13), mask), scale);
}

// @ts-ignore: decorator
@inline
export function widenHigh(halves: v128, mask: v128, scale: v128): v128 {
  return f32x4.mul(v128.and(i32x4.shl(i32x4.extend_high_i16x8_s(halves), 13), mask), scale);
}

/** Spreads k times four halves that lie one after another. */
export function spreadHalves(from: usize, k: i32, to: usize): void {
  for (const end = from + k * 8; from < end; from += 8, to += SPREAD) {
    const four = widenLow(v128.load64_zero(from), i32x4.splat(0x8fffe000), f32x4.splat(SCALE));
    v128.store(to, v128.shuffle<f32>(four, four, 0, 0, 0, 0));
    v128.store(to, v128.shuffle<f32>(four, four, 1, 1, 1, 1), 16);
    v128.store(to, v128.shuffle<f32>(four, four, 2, 2, 2, 2), 32);
    v128.store(to, v128.shuffle<f32>(four, four, 3, 3, 3, 3), 48);
  }
}

/** Spreads k numbers of each of four rows. */
export function spreadRows(row0: usize, row1: usize, row2: usize, row3: usize, k: i32, to: usize): void {
  const whole = to + (k & ~3) * SPREAD;
  for (const end = to + k * SPREAD; to < end; row0 += 16, row1 += 16, row2 += 16, row3 += 16, to += 4 * SPREAD) {
    if (to >= whole) {
      spreadOneByOne(row0, row1, row2, row3, k & 3, to);
      return;
    }
    spreadFour(v128.load(row0), to);
    spreadFour(v128.load(row1), to + 16);
    spreadFour(v128.load(row2), to + 32);
    spreadFour(v128.load(row3), to + 48);
  }
}

// @ts-ignore: decorator
@inline
function spreadFour(four: v128, to: usize): void {
  v128.store(to, v128.shuffle<f32>(four, four, 0, 0, 0, 0));
  v128.store(to, v128.shuffle<f32>(four, four, 1, 1, 1, 1), 64);
  v128.store(to, v128.shuffle<f32>(four, four, 2, 2, 2, 2), 128);
  v128.store(to, v128.shuffle<f32>(four, four, 3, 3, 3, 3), 192);
}

function spreadOneByOne(row0: usize, row1: usize, row2: usize, row3: usize, k: i32, to: usize): void {
  for (const end = row0 + k * 4; row0 < end; row0 += 4, row1 += 4, row2 += 4, row3 += 4, to += SPREAD) {
    v128.store(to, v128.load32_splat(row0));
    v128.store(to, v128.load32_splat(row1), 16);
    v128.store(to, v128.load32_splat(row2), 32);
    v128.store(to, v128.load32_splat(row3), 48);
  }
}

/** The same of four columns side by side: what lies beyond the last one is spread too, and nobody reads its sums. */
export function spreadColumns(from: usize, stride: usize, k: i32, to: usize): void {
  for (const end = to + k * SPREAD; to < end; from += stride, to += SPREAD) {
    const four = v128.load(from);
    v128.store(to, v128.shuffle<f32>(four, four, 0, 0, 0, 0));
    v128.store(to, v128.shuffle<f32>(four, four, 1, 1, 1, 1), 16);
    v128.store(to, v128.shuffle<f32>(four, four, 2, 2, 2, 2), 32);
    v128.store(to, v128.shuffle<f32>(four, four, 3, 3, 3, 3), 48);
  }
}

/**
 * Eight halves of a strip lie in four words, the first four in the lower bits: so one shift brings the upper ones to
 * where a float has its exponent and mantissa, and two the lower ones. A mask leaves sign, five bits of exponent and
 * the mantissa, of a float that is too small by a power of two.
 */
export const WIDE_BITS: i32 = 0x8fffe000;

// @ts-ignore: decorator
@inline
export function spreadLow(words: v128, mask: v128): v128 {
  return v128.and(i32x4.shr_s(i32x4.shl(words, 16), 3), mask);
}

// @ts-ignore: decorator
@inline
export function spreadHigh(words: v128, mask: v128): v128 {
  return v128.and(i32x4.shr_s(words, 3), mask);
}

/** Widens part of a strip of halves. */
export function widenStrip(from: usize, k: i32, scale: f32, to: usize): void {
  for (const end = to + k * 32; to < end; from += 16, to += 32) {
    const eight = v128.load(from);
    v128.store(to, f32x4.mul(spreadLow(eight, i32x4.splat(WIDE_BITS)), f32x4.splat(scale)));
    v128.store(to, f32x4.mul(spreadHigh(eight, i32x4.splat(WIDE_BITS)), f32x4.splat(scale)), 16);
  }
}

/** The bits of a float that is a finite half, as a half. */
// @ts-ignore: decorator
@inline
export function narrow(value: f32): u16 {
  return narrowBy(value, <f32>1.925929944387236e-34);
}

/** Sign, five bits of the exponent and ten of the mantissa of a float that a scale makes that small. */
// @ts-ignore: decorator
@inline
export function narrowBy(value: f32, scale: f32): u16 {
  const bits = reinterpret<u32>(value * scale);
  return <u16>(((bits >> 13) & 0x7fff) | ((bits >> 16) & 0x8000));
}

/** A finite half as a float. */
// @ts-ignore: decorator
@inline
export function widen(half: u16): f32 {
  const bits = ((<u32>half & 0x7fff) << 13) | ((<u32>half & 0x8000) << 16);
  return reinterpret<f32>(bits) * SCALE;
}
