/**
 * Halves in GLSL. A texel of an f16 texture holds eight of them in four whole numbers, the first in the lower bits of
 * the first; a shader has them as a mat2x4, whose two columns are the two quads, since a mat2x4 adds and scales like a
 * vec4. All is done by bits: `unpackHalf2x16` costs llvmpipe as much as the fetch saved, `packHalf2x16` loses Infinity.
 *
 *   mat2x4 unpack_halves(uvec4 texel)    the very numbers: subnormals, infinities and NaN too
 *   mat2x4 unpack_operand(uvec4 texel)   for loops, in half the instructions: where any of the eight is infinite or NaN
 *   mat2x4 unpack_clipped(uvec4 texel)   all are NaN, and a subnormal (below 2^-14) may be zero; clipped: max(x, 0)
 *   mat2x4 unpack_weights(uvec4 texel)   the same for weights, which are finite: packing refuses others
 *   mat2x4 unpack_finite(uvec4 texel)    the very numbers of halves that are finite, subnormals too
 *   uvec4  pack_halves(mat2x4 values)    to nearest, ties to even, with subnormals; ±Infinity from 65520 on
 */

/** Bits of the float that has the sign, exponent and fraction of each half, so is 2^112 times too small. */
const spread = `ivec4 spread_halves(uvec2 pair) {
  return (ivec4(pair.x << 16, pair.x, pair.y << 16, pair.y) >> 3) & ivec4(0x8fffe000u);
}`;

const unpack = `vec4 unpack_quad(uvec2 pair) {
  ivec4 bits = spread_halves(pair);
  ivec4 magnitude = bits & 0x0fffe000;
  vec4 subnormal = vec4(magnitude >> 13) * 5.9604644775390625e-8;
  ivec4 small = floatBitsToInt(subnormal) | (bits ^ magnitude);
  ivec4 endless = ivec4(greaterThanEqual(magnitude, ivec4(0x0f800000)));
  vec4 large = intBitsToFloat(bits + 0x38000000 * (1 + endless));
  return mix(large, intBitsToFloat(small), lessThan(magnitude, ivec4(0x00800000)));
}

mat2x4 unpack_halves(uvec4 texel) {
  return mat2x4(unpack_quad(texel.xy), unpack_quad(texel.zw));
}`;

/** A half with all five bits of its exponent set carries into its sign bit when one is added to the exponent. */
const unpackOperand = `const float half_scale = 5.192296858534828e33; // 2^112

float scale_of(uvec4 texel) {
  uvec4 carried = (texel & 0x7fff7fffu) + 0x04000400u;
  bool endless = ((carried.x | carried.y | carried.z | carried.w) & 0x80008000u) != 0u;
  return endless ? uintBitsToFloat(0x7fc00000u) : half_scale;
}

mat2x4 scale_halves(ivec4 low, ivec4 high, float scale) {
  return mat2x4(intBitsToFloat(low) * scale, intBitsToFloat(high) * scale);
}

mat2x4 unpack_operand(uvec4 texel) {
  return scale_halves(spread_halves(texel.xy), spread_halves(texel.zw), scale_of(texel));
}

mat2x4 unpack_clipped(uvec4 texel) {
  ivec4 low = max(spread_halves(texel.xy), 0), high = max(spread_halves(texel.zw), 0);
  return scale_halves(low, high, scale_of(texel));
}

mat2x4 unpack_weights(uvec4 texel) {
  return scale_halves(spread_halves(texel.xy), spread_halves(texel.zw), half_scale);
}`;

/**
 * With the exponent of a float, a subnormal comes out as y = 2^-15·(1 + f) where 2^-14·f was meant, which is y + (y -
 * 2^-14). Of all others y is 2^-14 or more. No number on the way is a subnormal float, which GPUs take for zero.
 */
const unpackFinite = `vec4 widen_finite(uvec2 pair) {
  ivec4 bits = spread_halves(pair);
  vec4 y = intBitsToFloat((bits & 0x0fffe000) + 0x38000000);
  y += min(y - 6.103515625e-5, vec4(0.0));
  return intBitsToFloat(floatBitsToInt(y) | (bits & int(0x80000000u)));
}

mat2x4 unpack_finite(uvec4 texel) {
  return mat2x4(widen_finite(texel.xy), widen_finite(texel.zw));
}`;

/** Everything that reads f16 textures. */
export const unpackFunctions: string = [spread, unpack, unpackOperand, unpackFinite].join('\n\n');

/** Everything that writes them. */
export const packFunctions: string = `uvec4 choose(uvec4 no, uvec4 yes, bvec4 which) {
  return no ^ ((no ^ yes) & (0u - uvec4(which)));
}

uvec4 round_to_halves(vec4 v) {
  uvec4 bits = floatBitsToUint(v);
  uvec4 magnitude = bits & 0x7fffffffu;
  // 13 of the 23 bits of the fraction go; a carry runs on into the exponent, as it should.
  uvec4 normal = min((magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13) & 1u)) >> 13, uvec4(0x7c00u));
  // Below 2^-14 halves are multiples of 2^-24, and so are floats beside 0.5: adding it rounds.
  uvec4 small = floatBitsToUint(uintBitsToFloat(magnitude) + 0.5) - 0x3f000000u;
  uvec4 rounded = choose(normal, small, lessThan(magnitude, uvec4(0x38800000u)));
  rounded = choose(rounded, uvec4(0x7e00u), greaterThan(magnitude, uvec4(0x7f800000u)));
  return rounded | ((bits >> 16) & 0x8000u);
}

uvec2 pack_quad(vec4 v) {
  uvec4 halves = round_to_halves(v);
  return halves.xz | (halves.yw << 16);
}

uvec4 pack_halves(mat2x4 values) {
  return uvec4(pack_quad(values[0]), pack_quad(values[1]));
}`;
