/**
 * Rounding to half precision (IEEE 754 binary16): to nearest, ties to even, subnormal halves kept, Infinity from 65520 on,
 * NaN stays NaN. Once for numbers and once in GLSL by bits, because a store into a half texture may round as it likes.
 */
import { floatLiteral } from '../shader/accessors.ts';

/** The half nearest to a number. */
export function roundToHalf(value: number): number {
  const magnitude = Math.abs(value);
  if (!(magnitude < 65520)) return value * Infinity; // ±Infinity, or NaN
  if (magnitude === 0) return value;
  // Distance of neighbouring halves: 11 significant bits, but never finer than the smallest subnormal, 2⁻²⁴.
  const spacing = 2 ** Math.max(-24, Math.floor(Math.log2(magnitude)) - 10);
  return Math.sign(value) * roundToEven(magnitude / spacing) * spacing;
}

/** The whole number nearest to one that is not negative; of two equally near the even one. */
function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** `vec4 to_half(vec4)`: the half nearest to each lane, as a float that a half holds exactly. */
export const toHalfFunction: string = `vec4 to_half(vec4 v) {
  uvec4 bits = floatBitsToUint(v);
  uvec4 magnitude = bits & 0x7fffffffu;
  uvec4 sign_bit = bits ^ magnitude;
  // Normal halves: 13 of the 23 bits of the fraction go; a carry runs on into the exponent, as it should.
  uvec4 normal = (magnitude + 0xfffu + ((magnitude >> 13u) & 1u)) & 0xffffe000u;
  vec4 large = mix(uintBitsToFloat(normal), vec4(${floatLiteral(Infinity)}), greaterThan(normal, uvec4(0x477fe000u)));
  // Below 2^-14: whole multiples of 2^-24, counted by shifting the significand; from 25 places on nothing is left.
  uvec4 shift = min(126u - (min(magnitude, uvec4(0x387fffffu)) >> 23u), uvec4(25u));
  uvec4 significand = (magnitude & 0x7fffffu) | 0x800000u;
  uvec4 multiple = (significand + ((uvec4(1u) << (shift - 1u)) - 1u) + ((significand >> shift) & 1u)) >> shift;
  vec4 small = vec4(multiple) * 5.9604644775390625e-8;
  vec4 rounded = mix(large, small, lessThan(magnitude, uvec4(0x38800000u)));
  rounded = mix(rounded, vec4(${floatLiteral(NaN)}), greaterThan(magnitude, uvec4(0x7f800000u)));
  return uintBitsToFloat(floatBitsToUint(rounded) | sign_bit);
}`;
