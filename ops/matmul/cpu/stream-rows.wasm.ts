/** One row times strips that stream by: memory is what it waits for. Of floats, and of halves widened on their way. */
import { WIDE_BITS, spreadHigh, spreadLow } from '../../cpu/panels.wasm';
import { STRIP, madd } from '../../cpu/tile.wasm';
import { Columns, RowProductArgs } from './row-product-args.wasm';

/** One row with strips of floats, four strips at a time so that as many streams of memory flow. */
export function streamFloats(
  a: RowProductArgs, columns: Columns, x: usize, matrix: usize, k: i32, part: i32, sums: usize,
): void {
  const stripBytes = <usize>a.inner * STRIP;
  let strip = matrix + <usize>columns.first * stripBytes + <usize>k * STRIP;
  const end = x + (<usize>part << 2);
  let s = 0;
  for (; s + 4 <= columns.count; s += 4, sums += 4 * STRIP, strip += 4 * stripBytes) {
    let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
    if (k > 0) {
      c0 = v128.load(sums); c1 = v128.load(sums, 16); c2 = v128.load(sums, 32); c3 = v128.load(sums, 48);
      c4 = v128.load(sums, 64); c5 = v128.load(sums, 80); c6 = v128.load(sums, 96); c7 = v128.load(sums, 112);
    }
    let at0 = strip, at1 = at0 + stripBytes, at2 = at1 + stripBytes, at3 = at2 + stripBytes;
    for (let from = x; from < end; from += 4, at0 += STRIP, at1 += STRIP, at2 += STRIP, at3 += STRIP) {
      const value = v128.load32_splat(from);
      c0 = madd(value, v128.load(at0), c0); c1 = madd(value, v128.load(at0, 16), c1);
      c2 = madd(value, v128.load(at1), c2); c3 = madd(value, v128.load(at1, 16), c3);
      c4 = madd(value, v128.load(at2), c4); c5 = madd(value, v128.load(at2, 16), c5);
      c6 = madd(value, v128.load(at3), c6); c7 = madd(value, v128.load(at3, 16), c7);
    }
    v128.store(sums, c0); v128.store(sums, c1, 16); v128.store(sums, c2, 32); v128.store(sums, c3, 48);
    v128.store(sums, c4, 64); v128.store(sums, c5, 80); v128.store(sums, c6, 96); v128.store(sums, c7, 112);
  }
  for (; s < columns.count; s++, sums += STRIP, strip += stripBytes) {
    let c0 = f32x4.splat(0), c1 = c0;
    if (k > 0) {
      c0 = v128.load(sums); c1 = v128.load(sums, 16);
    }
    let at = strip;
    for (let from = x; from < end; from += 4, at += STRIP) {
      const value = v128.load32_splat(from);
      c0 = madd(value, v128.load(at), c0); c1 = madd(value, v128.load(at, 16), c1);
    }
    v128.store(sums, c0); v128.store(sums, c1, 16);
  }
}

/**
 * The same with strips of halves (ops/linear/cpu/pack-linear.wasm.ts). What widening makes too small is made up for by
 * x, once for all columns; where that would be too large, or x holds no numbers, by each product.
 */
export function streamHalves(
  a: RowProductArgs, columns: Columns, x: usize, matrix: usize, k: i32, part: i32, sums: usize, room: usize,
): void {
  const scale = loadScale(a, matrix);
  const isScaled = scaleRow(x, part, scale, room);
  v128.store(room, i32x4.splat(WIDE_BITS));
  v128.store(room, f32x4.splat(isScaled ? 1 : scale), 16);
  const from = isScaled ? room + 32 : x;
  const stripBytes = <usize>a.inner << 4;
  let strip = matrix + <usize>columns.first * stripBytes + (<usize>k << 4);
  let s = 0;
  for (; isScaled && s + 4 <= columns.count; s += 4, sums += 4 * STRIP, strip += 4 * stripBytes) {
    streamFour(from, part, strip, stripBytes, k > 0, sums, room);
  }
  for (; s < columns.count; s += 2, sums += 2 * STRIP, strip += 2 * stripBytes) {
    const other = s + 1 < columns.count ? stripBytes : 0;
    if (isScaled) streamPair(from, part, strip, other, k > 0, sums, room);
    else streamPairScaled(from, part, strip, other, k > 0, sums, room);
  }
}

/** What the halves of the strips are to be multiplied by: it lies behind the last strip. */
export function loadScale(a: RowProductArgs, matrix: usize): f32 {
  return load<f32>(matrix + (<usize>((a.columns + 7) >> 3) * a.inner << 4));
}

/** A scaled copy of a row, 32 bytes behind `to`. Whether all of it is finite. */
function scaleRow(x: usize, part: i32, scale: f32, to: usize): bool {
  let largest: f32 = 0;
  let sum: f32 = 0;
  for (let i = 0; i < part; i++) {
    const value = load<f32>(x + (<usize>i << 2)) * scale;
    store<f32>(to + 32 + (<usize>i << 2), value);
    largest = max(largest, abs(value));
    sum += value - value; // NaN once there is a NaN or an infinity
  }
  return sum === 0 && largest < f32.MAX_VALUE;
}

/** Four strips at once. */
function streamFour(
  x: usize, part: i32, strip: usize, stripBytes: usize, isGoingOn: bool, sums: usize, constants: usize,
): void {
  const mask = v128.load(constants);
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
  if (isGoingOn) {
    c0 = v128.load(sums); c1 = v128.load(sums, 16); c2 = v128.load(sums, 32); c3 = v128.load(sums, 48);
    c4 = v128.load(sums, 64); c5 = v128.load(sums, 80); c6 = v128.load(sums, 96); c7 = v128.load(sums, 112);
  }
  const end = x + (<usize>part << 2);
  let at0 = strip, at1 = at0 + stripBytes, at2 = at1 + stripBytes, at3 = at2 + stripBytes;
  for (; x < end; x += 4, at0 += 16, at1 += 16, at2 += 16, at3 += 16) {
    const value = v128.load32_splat(x);
    let h = v128.load(at0);
    c0 = madd(value, spreadLow(h, mask), c0); c1 = madd(value, spreadHigh(h, mask), c1);
    h = v128.load(at1);
    c2 = madd(value, spreadLow(h, mask), c2); c3 = madd(value, spreadHigh(h, mask), c3);
    h = v128.load(at2);
    c4 = madd(value, spreadLow(h, mask), c4); c5 = madd(value, spreadHigh(h, mask), c5);
    h = v128.load(at3);
    c6 = madd(value, spreadLow(h, mask), c6); c7 = madd(value, spreadHigh(h, mask), c7);
  }
  v128.store(sums, c0); v128.store(sums, c1, 16); v128.store(sums, c2, 32); v128.store(sums, c3, 48);
  v128.store(sums, c4, 64); v128.store(sums, c5, 80); v128.store(sums, c6, 96); v128.store(sums, c7, 112);
}

/** Two strips, of which the second may be the first again: nobody reads its sums then. */
function streamPair(
  x: usize, part: i32, strip: usize, other: usize, isGoingOn: bool, sums: usize, constants: usize,
): void {
  addPair(x, part, strip, other, isGoingOn, sums, constants, false);
}

/** The same, but every half is multiplied by a scale. */
function streamPairScaled(
  x: usize, part: i32, strip: usize, other: usize, isGoingOn: bool, sums: usize, constants: usize,
): void {
  addPair(x, part, strip, other, isGoingOn, sums, constants, true);
}

/** @param scales known where it is inlined */
// @ts-ignore: decorator
@inline
function addPair(
  x: usize, part: i32, strip: usize, other: usize, isGoingOn: bool, sums: usize, constants: usize, scales: bool,
): void {
  const mask = v128.load(constants), scale = v128.load(constants, 16);
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
  if (isGoingOn) {
    c0 = v128.load(sums); c1 = v128.load(sums, 16);
    c2 = v128.load(sums, 32); c3 = v128.load(sums, 48);
  }
  const end = x + (<usize>part << 2);
  let at0 = strip, at1 = strip + other;
  for (; x < end; x += 4, at0 += 16, at1 += 16) {
    const value = v128.load32_splat(x);
    const h0 = v128.load(at0), h1 = v128.load(at1);
    c0 = madd(value, scaleBy(spreadLow(h0, mask), scale, scales), c0);
    c1 = madd(value, scaleBy(spreadHigh(h0, mask), scale, scales), c1);
    c2 = madd(value, scaleBy(spreadLow(h1, mask), scale, scales), c2);
    c3 = madd(value, scaleBy(spreadHigh(h1, mask), scale, scales), c3);
  }
  v128.store(sums, c0); v128.store(sums, c1, 16);
  if (other) {
    v128.store(sums, c2, 32); v128.store(sums, c3, 48);
  }
}

// @ts-ignore: decorator
@inline
function scaleBy(half: v128, scale: v128, scales: bool): v128 {
  return scales ? f32x4.mul(half, scale) : half;
}
