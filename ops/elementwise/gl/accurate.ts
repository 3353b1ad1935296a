/**
 * exp, log, tanh, erf, GELU and SiLU in GLSL to about 2⁻²², on any driver: GLSL ES lets built-ins be off by many ulps,
 * some are, and the last three it does not have. Argument reduction after Cody and Waite; the polynomials are short
 * Taylor or the classic single-precision minimax ones (Moshier's Cephes), for erf and GELU our own.
 * Tested against float64 over the ranges of test/helpers/bounds.ts.
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

/**
 * e^(z²) · erfc z for z ≥ 0, within 2⁻²⁴ before rounding: w times a minimax polynomial in w = 1 / (1 + z/2), fitted up
 * to z = 9.6, where erfc leaves fp32. Falls to 0 at Infinity, as it must.
 */
export const scaledErfc = `
vec4 scaled_erfc(vec4 z) {
  vec4 w = 1.0 / (1.0 + 0.5 * z);
  return w * (2.82087386e-1 + w * (2.82358527e-1 + w * (2.43224815e-1 + w * (2.02211499e-1 + w * (-2.55094096e-2
    + w * (2.76455909e-1 + w * (-4.85798478e-1 + w * (2.83901095e-1 - w * 5.89313768e-2))))))));
}`;

/** erf x, relative even near 0 where 1 − erfc x would cancel: an odd minimax polynomial, within 2⁻²⁶ up to 0.9. */
export const accurateErf: string = `${accurateExp}
${scaledErfc}

vec4 accurate_erf(vec4 x) {
  vec4 s = x * x;
  vec4 small = x * (1.12837911 + s * (-3.76125246e-1 + s * (1.12821408e-1 + s * (-2.67789084e-2 + s * (5.01196273e-3 - s * 6.09036011e-4)))));
  vec4 z = abs(x);
  vec4 large = sign(x) * (1.0 - accurate_exp(-z * z) * scaled_erfc(z));
  vec4 result = mix(large, small, lessThan(z, vec4(0.9)));
  return mix(result, x, greaterThan(floatBitsToInt(x) & 0x7fffffff, ivec4(0x7f800000))); // NaN stays
}`;

/**
 * `vec4 gelu(vec4)`: x · Φ(x), with erf. Brings accurate_exp. x beyond ±14 is bounded in the tail, which is 0 there,
 * so that Infinity gives Infinity and −Infinity gives 0, the limit.
 */
export const geluFunction: string = `${accurateExp}
${scaledErfc}

vec4 gelu(vec4 x) {
  // max(x, 0) − |x| · Φ(−|x|): the tail is never a difference of numbers beside 1.
  vec4 t = min(abs(x), 14.0);
  vec4 result = max(x, 0.0) - 0.5 * t * accurate_exp(-0.5 * t * t) * scaled_erfc(0.707106781 * t);
  return mix(result, x, greaterThan(floatBitsToInt(x) & 0x7fffffff, ivec4(0x7f800000))); // NaN stays
}`;

/**
 * `vec4 gelu_tanh(vec4)`: ½x · (1 + tanh(√(2/π) · (x + 0.044715 x³))). Brings accurate_exp. As x / (1 + e⁻²ᵘ) nothing
 * cancels; below −20 it is 0, which −Infinity gives too.
 */
export const geluTanhFunction: string = `${accurateExp}

vec4 gelu_tanh(vec4 x) {
  vec4 bounded = max(x, -20.0);
  vec4 result = bounded / (1.0 + accurate_exp(bounded * (-1.59576912 - 7.13548163e-2 * bounded * bounded)));
  return mix(result, x, greaterThan(floatBitsToInt(x) & 0x7fffffff, ivec4(0x7f800000))); // NaN stays
}`;

/** `vec4 silu(vec4)`: x / (1 + e⁻ˣ). Brings accurate_exp. Below −104 it is 0, which −Infinity gives too. */
export const siluFunction: string = writeSilu('silu', '1.0');

/** `vec4 quick_gelu(vec4)`: x / (1 + e^(−1.702x)). Brings accurate_exp. */
export const quickGeluFunction: string = writeSilu('quick_gelu', '1.702');

function writeSilu(name: string, slope: string): string {
  return `${accurateExp}

vec4 ${name}(vec4 x) {
  vec4 bounded = max(x, -104.0);
  vec4 result = bounded / (1.0 + accurate_exp(-${slope} * bounded));
  return mix(result, x, greaterThan(floatBitsToInt(x) & 0x7fffffff, ivec4(0x7f800000))); // NaN stays
}`;
}
