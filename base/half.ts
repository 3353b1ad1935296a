/**
 * Half precision and bfloat16 to and from float32, by bits: exact for every value, subnormals, infinities and the
 * payloads of NaNs included. JavaScript numbers are avoided, since moving a NaN through one may change its bits.
 */

/** The bits of the float32 that equals a half (IEEE binary16). Exact. */
export function halfToFloatBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f800000 | (fraction << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  // A subnormal half is a normal float: move its leading one to the implicit place.
  const shift = Math.clz32(fraction) - 21;
  return (sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)) >>> 0;
}

/**
 * The half nearest to a float32 given by its bits, ties to even. Magnitudes of 65520 and more become infinity; a NaN
 * stays one, with the upper bits of its payload.
 */
export function floatBitsToHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7c00 | 0x200 | ((magnitude >>> 13) & 0x3ff);
  // 65520, halfway between the largest half and the next power of two, rounds up to what halves call infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rebiased = magnitude - 0x38000000;
    return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
  }
  // Subnormal half: count in units of 2^-24. Below half a unit everything rounds to zero.
  if (magnitude <= 0x33000000) return sign;
  const shift = 126 - (magnitude >>> 23);
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const half = fraction >>> shift;
  const rest = fraction & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return sign | (half + (rest > middle || (rest === middle && half & 1) ? 1 : 0));
}

/** The bits of the float32 that equals a bfloat16. Exact: bfloat16 is the upper half of a float32. */
export function bfloat16ToFloatBits(value: number): number {
  return (value << 16) >>> 0;
}
