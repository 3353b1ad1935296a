/**
 * One operand: relu, sigmoid, exp, log, tanh, clamp. Each takes x of any shape and returns the same shape in fp32.
 * Accuracy: test/helpers/bounds.ts. NaN stays NaN through all of them.
 */
import { ShapeError } from '../../errors.ts';
import { apply } from '../../engine/index.ts';
import type { Op, Tensor } from '../../engine/index.ts';
import { floatLiteral } from '../shader/accessors.ts';
import { isNanFunction, reluFunction } from '../shader/comparison.ts';
import { accurateExp, accurateLog, accurateTanh } from './accurate.glsl.ts';
import { applyUnary, defineElementwise } from './elementwise.ts';

export const reluOp: Op<undefined> = defineElementwise({
  name: 'relu',
  declarations: reluFunction,
  glsl: ([x]) => `relu(${x})`,
  compute: ([x]) => Math.max(x!, 0),
});
/** max(x, 0). */
export const relu: (x: Tensor) => Tensor = applyUnary(reluOp);

export const expOp: Op<undefined> = defineElementwise({
  name: 'exp',
  declarations: accurateExp,
  glsl: ([x]) => `accurate_exp(${x})`,
  compute: ([x]) => Math.exp(x!),
});
/** eˣ. */
export const exp: (x: Tensor) => Tensor = applyUnary(expOp);

export const logOp: Op<undefined> = defineElementwise({
  name: 'log',
  declarations: accurateLog,
  glsl: ([x]) => `accurate_log(${x})`,
  compute: ([x]) => Math.log(x!),
});
/** Natural logarithm. */
export const log: (x: Tensor) => Tensor = applyUnary(logOp);

export const tanhOp: Op<undefined> = defineElementwise({
  name: 'tanh',
  declarations: accurateTanh,
  glsl: ([x]) => `accurate_tanh(${x})`,
  compute: ([x]) => Math.tanh(x!),
});
/** Hyperbolic tangent. */
export const tanh: (x: Tensor) => Tensor = applyUnary(tanhOp);

export const sigmoidOp: Op<undefined> = defineElementwise({
  name: 'sigmoid',
  declarations: accurateExp,
  glsl: ([x]) => `(1.0 / (1.0 + accurate_exp(-(${x}))))`,
  compute: ([x]) => 1 / (1 + Math.exp(-x!)),
});
/** 1 / (1 + e⁻ˣ). */
export const sigmoid: (x: Tensor) => Tensor = applyUnary(sigmoidOp);

interface ClampAttributes {
  readonly low: number;
  readonly high: number;
}

export const clampOp: Op<ClampAttributes> = defineElementwise<ClampAttributes>({
  name: 'clamp',
  declarations: `${isNanFunction}

vec4 clamp_number(vec4 x, float low, float high) {
  return mix(clamp(x, low, high), x, is_nan(x));
}`,
  glsl: ([x], { low, high }) => `clamp_number(${x}, ${floatLiteral(low)}, ${floatLiteral(high)})`,
  compute: ([x], { low, high }) => Math.min(Math.max(x!, low), high),
  describe: ({ low, high }) => `${low} to ${high}`,
});

/** x held within [low, high]. Throws ShapeError `E_ATTRIBUTE` unless both are finite and low ≤ high. */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high)) {
    throw new ShapeError('E_ATTRIBUTE', `clamp: needs finite bounds, low ≤ high, got ${low} and ${high}.`);
  }
  return apply(clampOp, [x], { low: Math.fround(low), high: Math.fround(high) });
}
