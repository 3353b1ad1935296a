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
