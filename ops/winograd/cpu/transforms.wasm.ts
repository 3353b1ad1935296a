/**
 * One-dimensional transforms of Winograd's F(4, 3) and F(2, 3), on vectors of four tiles or of four channels, to memory
 * `stride` bytes apart. The matrices are those of ops/winograd/matrices.ts, written out; sums are added in the order
 * that shares most of them.
 */

/** Six vectors by Bᵀ of F(4, 3): to six. */
// @ts-ignore: decorator
@inline
export function forward4(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, to: usize, stride: usize): void {
  const two = f32x4.splat(2), four = f32x4.splat(4), five = f32x4.splat(5);
  v128.store(to, f32x4.add(f32x4.sub(f32x4.mul(four, d0), f32x4.mul(five, d2)), d4));
  const outer = f32x4.sub(d4, f32x4.mul(four, d2)), inner = f32x4.sub(d3, f32x4.mul(four, d1));
  v128.store(to + stride, f32x4.add(outer, inner));
  v128.store(to + 2 * stride, f32x4.sub(outer, inner));
  const even = f32x4.sub(d4, d2), odd = f32x4.mul(two, f32x4.sub(d3, d1));
  v128.store(to + 3 * stride, f32x4.add(even, odd));
  v128.store(to + 4 * stride, f32x4.sub(even, odd));
  v128.store(to + 5 * stride, f32x4.add(f32x4.sub(f32x4.mul(four, d1), f32x4.mul(five, d3)), d5));
}

/** Four vectors by Bᵀ of F(2, 3): to four. */
// @ts-ignore: decorator
@inline
export function forward2(d0: v128, d1: v128, d2: v128, d3: v128, to: usize, stride: usize): void {
  v128.store(to, f32x4.sub(d0, d2));
  v128.store(to + stride, f32x4.add(d1, d2));
  v128.store(to + 2 * stride, f32x4.sub(d2, d1));
  v128.store(to + 3 * stride, f32x4.sub(d1, d3));
}

/** Six vectors by Aᵀ of F(4, 3): to four. */
// @ts-ignore: decorator
@inline
export function inverse4(m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128, to: usize, stride: usize): void {
  const sum1 = f32x4.add(m1, m2), difference1 = f32x4.sub(m1, m2);
  const sum2 = f32x4.add(m3, m4), difference2 = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(f32x4.add(m0, sum1), sum2));
  v128.store(to + stride, f32x4.add(difference1, f32x4.mul(f32x4.splat(2), difference2)));
  v128.store(to + 2 * stride, f32x4.add(sum1, f32x4.mul(f32x4.splat(4), sum2)));
  v128.store(to + 3 * stride, f32x4.add(f32x4.add(difference1, f32x4.mul(f32x4.splat(8), difference2)), m5));
}

/** Four vectors by Aᵀ of F(2, 3): to two. */
// @ts-ignore: decorator
@inline
export function inverse2(m0: v128, m1: v128, m2: v128, m3: v128, to: usize, stride: usize): void {
  v128.store(to, f32x4.add(f32x4.add(m0, m1), m2));
  v128.store(to + stride, f32x4.sub(f32x4.sub(m1, m2), m3));
}

/** Four vectors by A of F(4, 3), which takes a cotangent back through Aᵀ: to six. */
// @ts-ignore: decorator
@inline
export function adjoint4(y0: v128, y1: v128, y2: v128, y3: v128, to: usize, stride: usize): void {
  const two = f32x4.splat(2), four = f32x4.splat(4);
  const even1 = f32x4.add(y0, y2), odd1 = f32x4.add(y1, y3);
  const even2 = f32x4.add(y0, f32x4.mul(four, y2));
  const odd2 = f32x4.mul(two, f32x4.add(y1, f32x4.mul(four, y3)));
  v128.store(to, y0);
  v128.store(to + stride, f32x4.add(even1, odd1));
  v128.store(to + 2 * stride, f32x4.sub(even1, odd1));
  v128.store(to + 3 * stride, f32x4.add(even2, odd2));
  v128.store(to + 4 * stride, f32x4.sub(even2, odd2));
  v128.store(to + 5 * stride, y3);
}

/** Two vectors by A of F(2, 3): to four. */
// @ts-ignore: decorator
@inline
export function adjoint2(y0: v128, y1: v128, to: usize, stride: usize): void {
  v128.store(to, y0);
  v128.store(to + stride, f32x4.add(y0, y1));
  v128.store(to + 2 * stride, f32x4.sub(y0, y1));
  v128.store(to + 3 * stride, f32x4.neg(y1));
}

/** Six vectors by Gᵀ of F(4, 3): to three. */
// @ts-ignore: decorator
@inline
function weigh4(m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128, to: usize, stride: usize): void {
  const sum1 = f32x4.div(f32x4.add(m1, m2), f32x4.splat(6)), sum2 = f32x4.div(f32x4.add(m3, m4), f32x4.splat(6));
  const inner = f32x4.div(f32x4.sub(m3, m4), f32x4.splat(12)), outer = f32x4.div(f32x4.sub(m2, m1), f32x4.splat(6));
  const quarter = f32x4.splat(0.25);
  v128.store(to, f32x4.sub(f32x4.mul(quarter, f32x4.add(m0, sum2)), sum1));
  v128.store(to + stride, f32x4.add(outer, inner));
  v128.store(to + 2 * stride, f32x4.add(f32x4.sub(sum2, sum1), m5));
}

/** Four vectors by Gᵀ of F(2, 3): to three. */
// @ts-ignore: decorator
@inline
function weigh2(m0: v128, m1: v128, m2: v128, m3: v128, to: usize, stride: usize): void {
  const half = f32x4.splat(0.5);
  const sum = f32x4.mul(half, f32x4.add(m1, m2));
  v128.store(to, f32x4.add(m0, sum));
  v128.store(to + stride, f32x4.mul(half, f32x4.sub(m1, m2)));
  v128.store(to + 2 * stride, f32x4.add(sum, m3));
}

/** A tile of sums, `position` bytes apart, as the 3×3 vectors at `to`, behind which it needs 18 more. */
export function returnWeight4(from: usize, position: usize, to: usize): void {
  const columns = to + 256; // [3][6]
  for (let v: usize = 0; v < 6; v++, from += position) {
    const m0 = v128.load(from), m1 = v128.load(from + 6 * position), m2 = v128.load(from + 12 * position);
    const m3 = v128.load(from + 18 * position), m4 = v128.load(from + 24 * position);
    weigh4(m0, m1, m2, m3, m4, v128.load(from + 30 * position), columns + (v << 4), 96);
  }
  for (let y: usize = 0, row = columns; y < 3; y++, row += 96, to += 48) {
    const m0 = v128.load(row), m1 = v128.load(row, 16), m2 = v128.load(row, 32), m3 = v128.load(row, 48);
    weigh4(m0, m1, m2, m3, v128.load(row, 64), v128.load(row, 80), to, 16);
  }
}

export function returnWeight2(from: usize, position: usize, to: usize): void {
  const columns = to + 256; // [3][4]
  for (let v: usize = 0; v < 4; v++, from += position) {
    const m0 = v128.load(from), m1 = v128.load(from + 4 * position), m2 = v128.load(from + 8 * position);
    weigh2(m0, m1, m2, v128.load(from + 12 * position), columns + (v << 4), 64);
  }
  for (let y: usize = 0, row = columns; y < 3; y++, row += 64, to += 48) {
    const m0 = v128.load(row), m1 = v128.load(row, 16), m2 = v128.load(row, 32);
    weigh2(m0, m1, m2, v128.load(row, 48), to, 16);
  }
}
