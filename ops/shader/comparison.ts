/**
 * Comparing floats in GLSL as IEEE 754 and PyTorch do, on drivers whose `max` and `isnan` need not know about NaN:
 * NaN is told by its bits. Also the swizzle that keeps zeros of a texel's spare lanes from winning a comparison.
 */

/** `bvec4 is_nan(vec4)`, by bits: `isnan` may be optimised away. */
export const isNanFunction: string = `bvec4 is_nan(vec4 v) {
  return greaterThan(floatBitsToUint(v) & 0x7fffffffu, uvec4(0x7f800000u));
}`;

/** `vec4 larger(vec4, vec4)`: max that yields NaN wherever either operand is NaN. For shaders that have is_nan. */
export const largerAlone: string = `vec4 larger(vec4 a, vec4 b) {
  return mix(mix(max(a, b), a, is_nan(a)), b, is_nan(b));
}`;

/** The same, with is_nan. */
export const largerFunction: string = `${isNanFunction}

${largerAlone}`;

/** `vec4 relu(vec4)`: 0 for what is below 0, and NaN for NaN, which `max` gives only on some drivers. Brings is_nan. */
export const reluFunction: string = `${isNanFunction}

vec4 relu(vec4 v) {
  return mix(max(v, 0.0), v, is_nan(v));
}`;

/** `vec4 keep_if(bool, vec4)`: the vec4 or zero, fetched before it is chosen: a fetch inside `?:` would be a branch. */
const keepFunction: string = `vec4 keep_if(bool inside, vec4 texel) {
  return inside ? texel : vec4(0.0);
}`;

/** The same for a texel of halves, before it is unpacked. */
const keepHalvesFunction: string = `uvec4 keep_if(bool inside, uvec4 texel) {
  return inside ? texel : uvec4(0u);
}`;

/** Functions that keep or drop a texel of so many channels, and clip it: octets are clipped as they are unpacked. */
export function keepFunctions(lanes: 4 | 8, reluInput: boolean): string {
  if (lanes === 8) return keepHalvesFunction;
  return reluInput ? `${keepFunction}\n\n${reluFunction}` : keepFunction;
}

/**
 * A statement that fills lanes of `texel` beyond the last of `channels` with its first one; empty if all lanes exist.
 */
export function repeatFirstLane(texel: string, quad: string, channels: number): string {
  const swizzle = ['', 'xxxx', 'xyxx', 'xyzx'][channels % 4]!;
  return swizzle && `if (${quad} == ${Math.floor(channels / 4)}) ${texel} = ${texel}.${swizzle};`;
}
