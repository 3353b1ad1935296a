/**
 * The register tile that every product of the CPU is made of: 4 rows by 8 columns of sums over two panels. For each k
 * one panel holds 4 numbers, the other 8, read as two vectors.
 *
 * The 4 numbers are spread beforehand, each over a vector of its own: V8 reads a vector at an offset by one
 * instruction, and a number that it must spread by two. 16 vectors of registers hold the 8 sums, the two of a panel
 * and what V8 needs for itself; more sums spill (bench/lab/cpu).
 */

/** Bytes of a spread panel for each k, and of the other one. */
export const SPREAD: i32 = 64;
export const STRIP: i32 = 32;

/** a · b + c: rounded once where the instruction set has that, else twice. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/**
 * Four rows of eight sums at `sums`, `stride` bytes apart: Σ over k of spread · strip, added to what is there where
 * `continued`. k is at least 1.
 */
export function multiplyTile(k: i32, spread: usize, strip: usize, sums: usize, stride: usize, continued: bool): void {
  multiply(k, spread, 0, false, strip, sums, stride, continued);
}

/**
 * The same for a panel that is not spread yet: k times four floats at `from` are spread for the next tiles on the way.
 * Spreading waits for memory while this tile's products keep the rest of the processor busy.
 */
export function spreadAndMultiplyTile(
  k: i32, from: usize, spread: usize, strip: usize, sums: usize, stride: usize, continued: bool,
): void {
  multiply(k, spread, from, true, strip, sums, stride, continued);
}

// @ts-ignore: decorator
@inline
function multiply(
  k: i32, spread: usize, from: usize, spreads: bool, strip: usize, sums: usize, stride: usize, continued: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  const row1 = sums + stride, row2 = row1 + stride, row3 = row2 + stride;
  if (continued) {
    c00 = v128.load(sums); c01 = v128.load(sums, 16);
    c10 = v128.load(row1); c11 = v128.load(row1, 16);
    c20 = v128.load(row2); c21 = v128.load(row2, 16);
    c30 = v128.load(row3); c31 = v128.load(row3, 16);
  }
  const end = strip + k * STRIP;
  // Four k a turn. The way out between them keeps V8 from mixing their sums, which would wait for each other.
  for (; strip < end; strip += 4 * STRIP, spread += 4 * SPREAD, from += 64) {
    let a: v128, b0: v128, b1: v128;
    b0 = v128.load(strip); b1 = v128.load(strip, 16);
    if (spreads) { a = v128.load32_splat(from); v128.store(spread, a); } else a = v128.load(spread);
    c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
    if (spreads) { a = v128.load32_splat(from, 4); v128.store(spread, a, 16); } else a = v128.load(spread, 16);
    c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
    if (spreads) { a = v128.load32_splat(from, 8); v128.store(spread, a, 32); } else a = v128.load(spread, 32);
    c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
    if (spreads) { a = v128.load32_splat(from, 12); v128.store(spread, a, 48); } else a = v128.load(spread, 48);
    c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
    if (strip + STRIP >= end) break;
    b0 = v128.load(strip, 32); b1 = v128.load(strip, 48);
    if (spreads) { a = v128.load32_splat(from, 16); v128.store(spread, a, 64); } else a = v128.load(spread, 64);
    c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
    if (spreads) { a = v128.load32_splat(from, 20); v128.store(spread, a, 80); } else a = v128.load(spread, 80);
    c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
    if (spreads) { a = v128.load32_splat(from, 24); v128.store(spread, a, 96); } else a = v128.load(spread, 96);
    c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
    if (spreads) { a = v128.load32_splat(from, 28); v128.store(spread, a, 112); } else a = v128.load(spread, 112);
    c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
    if (strip + 2 * STRIP >= end) break;
    b0 = v128.load(strip, 64); b1 = v128.load(strip, 80);
    if (spreads) { a = v128.load32_splat(from, 32); v128.store(spread, a, 128); } else a = v128.load(spread, 128);
    c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
    if (spreads) { a = v128.load32_splat(from, 36); v128.store(spread, a, 144); } else a = v128.load(spread, 144);
    c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
    if (spreads) { a = v128.load32_splat(from, 40); v128.store(spread, a, 160); } else a = v128.load(spread, 160);
    c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
    if (spreads) { a = v128.load32_splat(from, 44); v128.store(spread, a, 176); } else a = v128.load(spread, 176);
    c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
    if (strip + 3 * STRIP >= end) break;
    b0 = v128.load(strip, 96); b1 = v128.load(strip, 112);
    if (spreads) { a = v128.load32_splat(from, 48); v128.store(spread, a, 192); } else a = v128.load(spread, 192);
    c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
    if (spreads) { a = v128.load32_splat(from, 52); v128.store(spread, a, 208); } else a = v128.load(spread, 208);
    c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
    if (spreads) { a = v128.load32_splat(from, 56); v128.store(spread, a, 224); } else a = v128.load(spread, 224);
    c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
    if (spreads) { a = v128.load32_splat(from, 60); v128.store(spread, a, 240); } else a = v128.load(spread, 240);
    c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
  }
  v128.store(sums, c00); v128.store(sums, c01, 16);
  v128.store(row1, c10); v128.store(row1, c11, 16);
  v128.store(row2, c20); v128.store(row2, c21, 16);
  v128.store(row3, c30); v128.store(row3, c31, 16);
}
