/** The formulas of ../derivatives.ts in GLSL. Arguments are bounded where the derivative has come to 0 or 1. */
import { floatLiteral } from '../../shader/accessors.ts';
import { accurateExp, scaledErfc } from './accurate.ts';
import type { GlFormula } from './elementwise.ts';

export const selectPositiveFormula: GlFormula<undefined> = {
  declarations: `vec4 select_positive(vec4 cotangent, vec4 x) {
  return mix(cotangent, vec4(0.0), lessThanEqual(x, vec4(0.0)));
}`,
  expression: ([cotangent, x]) => `select_positive(${cotangent}, ${x})`,
};

export const selectWithinFormula: GlFormula<{ readonly low: number; readonly high: number }> = {
  declarations: `vec4 select_within(vec4 cotangent, vec4 x, float low, float high) {
  return mix(mix(vec4(0.0), cotangent, lessThanEqual(x, vec4(high))), vec4(0.0), lessThan(x, vec4(low)));
}`,
  expression: ([cotangent, x], { low, high }) =>
    `select_within(${cotangent}, ${x}, ${floatLiteral(low)}, ${floatLiteral(high)})`,
};

export const geluByXFormula: GlFormula<undefined> = {
  declarations: `${accurateExp}
${scaledErfc}

vec4 differentiate_gelu(vec4 x) {
  vec4 bounded = clamp(x, -14.0, 14.0), t = abs(bounded);
  vec4 power = accurate_exp(-0.5 * t * t);
  vec4 tail = 0.5 * power * scaled_erfc(0.707106781 * t);
  return mix(1.0 - tail, tail, lessThan(bounded, vec4(0.0))) + bounded * power * 0.398942280;
}`,
  expression: ([cotangent, x]) => `${cotangent} * differentiate_gelu(${x})`,
};

export const geluTanhByXFormula: GlFormula<undefined> = {
  declarations: `${accurateExp}

vec4 differentiate_gelu_tanh(vec4 x) {
  vec4 bounded = clamp(x, -10.0, 10.0), square = bounded * bounded;
  vec4 power = accurate_exp(bounded * (-1.59576912 - 7.13548163e-2 * square));
  vec4 share = 1.0 / (1.0 + power);
  return share + bounded * share * (power * share) * (1.59576912 + 2.14064449e-1 * square);
}`,
  expression: ([cotangent, x]) => `${cotangent} * differentiate_gelu_tanh(${x})`,
};

export const siluByXFormula: GlFormula<{ readonly slope: number }> = {
  declarations: `${accurateExp}

vec4 differentiate_silu(vec4 t) {
  vec4 bounded = clamp(t, -80.0, 80.0);
  vec4 power = accurate_exp(-bounded), share = 1.0 / (1.0 + power);
  return share * (1.0 + bounded * (power * share));
}`,
  expression: ([cotangent, x], { slope }) => `${cotangent} * differentiate_silu(${floatLiteral(slope)} * (${x}))`,
};
