/** The formulas of ../by-sums.ts in GLSL. */
import { accurateExp } from '../../elementwise/gl/accurate.ts';
import type { GlFormula } from '../../elementwise/gl/elementwise.ts';

export const softmaxBySumsFormula: GlFormula<undefined> = {
  declarations: accurateExp,
  expression: ([x, largest, total]) => `accurate_exp(${x} - ${largest}) / ${total}`,
};

export const logSoftmaxFormula: GlFormula<unknown> = {
  expression: ([x, largest, logTotal]) => `(${x} - ${largest}) - ${logTotal}`,
};

export const softmaxByXFormula: GlFormula<undefined> = {
  expression: ([cotangent, result, share]) => `${result} * (${cotangent} - ${share})`,
};
