/**
 * exp, log and tanh in GLSL to about 2⁻²², on any driver: GLSL ES lets built-ins be off by many ulps, and some are.
 * Argument reduction after Cody and Waite; the polynomials are short Taylor or the classic single-precision minimax
 * ones (Moshier's Cephes). Tested against float64 over the ranges of test/helpers/bounds.ts.
 */

/** e^x for every float: overflows to Infinity, underflows to 0, keeps NaN. */
export const accurateExp = `
vec4 accurate_exp(vec4 x) {
  vec4 bounded = clamp(x, -104.0, 89.0);
  vec4 whole = roundEven(bounded * 1.44269504);
  // ln 2 in two parts: the first has so few bits that whole * part is exact.
  vec4 r = (bounded - whole * 0.693359375) + whole * 2.12194440e-4;
  vec4 p = r * (1.0 + r * (0.5 + r * (1.6666667e-1 + r * (4.1666667e-2 + r * (8.3333333e-3 + r * (1.3888889e-3 + r * 1.9841270e-4))))));
  // 2^whole as a product of two, since 2^128 is no float.
  ivec4 first = ivec4(whole) >> 1, second = ivec4(whole) - first;
  vec4 result = (1.0 + p) * intBitsToFloat((first + 127) << 23) * intBitsToFloat((second + 127) << 23);
  return mix(result, x, greaterThan(floatBitsToInt(x) & 0x7fffffff, ivec4(0x7f800000))); // NaN stays
}`;

/** ln x: −Infinity at 0 (and for denormals, which GPUs flush), NaN below 0. */
export const accurateLog = `
vec4 accurate_log(vec4 x) {
  // x = m · 2^e with m in [√½, √2); ln m = 2 artanh((m − 1) / (m + 1)), a series that is exact near 1.
  ivec4 bits = floatBitsToInt(x);
  ivec4 e = (bits - 0x3f3504f3) >> 23;
  vec4 m = intBitsToFloat(bits - (e << 23));
  vec4 s = (m - 1.0) / (m + 1.0), z = s * s;
  vec4 series = 2.0 * s + s * z * (6.6666667e-1 + z * (0.4 + z * (2.8571429e-1 + z * (2.2222222e-1 + z * 1.8181818e-1))));
  vec4 whole = vec4(e);
  vec4 result = whole * 0.693359375 + (series - whole * 2.12194440e-4);
  result = mix(result, x, equal(bits, ivec4(0x7f800000)));
  result = mix(result, intBitsToFloat(ivec4(0xff800000)), lessThan(bits & 0x7fffffff, ivec4(0x00800000)));
  bvec4 invalid = bvec4(uvec4(greaterThan(bits & 0x7fffffff, ivec4(0x7f800000))) | uvec4(lessThan(x, vec4(-1.1754944e-38))));
  return mix(result, intBitsToFloat(ivec4(0x7fc00000)), invalid);
}`;

/** tanh x, relative even near 0 where 1 − 2/(e²ˣ + 1) would cancel. */
export const accurateTanh: string = `${accurateExp}
vec4 accurate_tanh(vec4 x) {
  vec4 z = x * x;
  vec4 small = x + x * z * (-3.33332819e-1 + z * (1.33314422e-1 + z * (-5.37397156e-2 + z * (2.06390888e-2 - z * 5.70498873e-3))));
  vec4 large = sign(x) * (1.0 - 2.0 / (accurate_exp(2.0 * abs(x)) + 1.0));
  return mix(large, small, lessThan(abs(x), vec4(0.625)));
}`;
