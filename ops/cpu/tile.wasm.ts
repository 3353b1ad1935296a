/**
 * The register tile that every product of the CPU is made of: 4 rows by 8 columns of sums, over two panels. One panel
 * holds 4 numbers for each k, of which each is spread over a vector; the other holds 8, read as two vectors.
 */

/** a · b + c: rounded once where the instruction set has that, else twice. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}
