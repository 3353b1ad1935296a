/**
 * One operand: relu, gelu, geluTanh, silu, quickGelu, sigmoid, exp, log, tanh, erf, clamp. Each takes x of any shape
 * and returns the same shape in fp32, relu in f16 what is f16. Accuracy: test/helpers/bounds.ts. NaN stays NaN through
 * all of them.
 */
import { checkNumbers } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply } from '../../engine/index.ts';
import type { Op, Tensor } from '../../engine/index.ts';
import { floatLiteral } from '../shader/accessors.ts';
import { isNanFunction, reluFunction } from '../shader/comparison.ts';
import { accurateErf, accurateExp, accurateLog, accurateTanh, geluFunction, geluTanhFunction } from './gl/accurate.ts';
import { quickGeluFunction, siluFunction } from './gl/accurate.ts';
import { FUNCTION_GRAIN } from './cpu/elementwise.ts';
import { applyUnary, defineElementwise } from './elementwise.ts';
import { computeErf, computeErfc } from './error-function.ts';

export const reluOp: Op<undefined> = defineElementwise({
  name: 'relu',
  operands: ['x'],
  keepsHalves: true,
  compute: ([x]) => Math.max(x!, 0),
  webgl: { declarations: reluFunction, expression: ([x]) => `relu(${x})` },
  cpu: { kernel: 'relu' },
});
/** max(x, 0). */
export const relu: (x: Tensor) => Tensor = applyUnary(reluOp);

export const expOp: Op<undefined> = defineElementwise({
  name: 'exp',
  operands: ['x'],
  compute: ([x]) => Math.exp(x!),
  webgl: { declarations: accurateExp, expression: ([x]) => `accurate_exp(${x})` },
  cpu: { kernel: 'exp', grain: FUNCTION_GRAIN },
});
/** eˣ. */
export const exp: (x: Tensor) => Tensor = applyUnary(expOp);

export const logOp: Op<undefined> = defineElementwise({
  name: 'log',
  operands: ['x'],
  compute: ([x]) => Math.log(x!),
  webgl: { declarations: accurateLog, expression: ([x]) => `accurate_log(${x})` },
  cpu: { kernel: 'log', grain: FUNCTION_GRAIN },
});
/** Natural logarithm. */
export const log: (x: Tensor) => Tensor = applyUnary(logOp);

export const tanhOp: Op<undefined> = defineElementwise({
  name: 'tanh',
  operands: ['x'],
  compute: ([x]) => Math.tanh(x!),
  webgl: { declarations: accurateTanh, expression: ([x]) => `accurate_tanh(${x})` },
  cpu: { kernel: 'tanh', grain: FUNCTION_GRAIN },
});
/** Hyperbolic tangent. */
export const tanh: (x: Tensor) => Tensor = applyUnary(tanhOp);

export const sigmoidOp: Op<undefined> = defineElementwise({
  name: 'sigmoid',
  operands: ['x'],
  compute: ([x]) => 1 / (1 + Math.exp(-x!)),
  webgl: { declarations: accurateExp, expression: ([x]) => `(1.0 / (1.0 + accurate_exp(-(${x}))))` },
  cpu: { kernel: 'sigmoid', grain: FUNCTION_GRAIN },
});
/** 1 / (1 + e⁻ˣ). */
export const sigmoid: (x: Tensor) => Tensor = applyUnary(sigmoidOp);

export const erfOp: Op<undefined> = defineElementwise({
  name: 'erf',
  operands: ['x'],
  compute: ([x]) => computeErf(x!),
  webgl: { declarations: accurateErf, expression: ([x]) => `accurate_erf(${x})` },
  cpu: { kernel: 'erf', grain: FUNCTION_GRAIN },
});
/** The error function, 2/√π ∫₀ˣ e^(−t²) dt. */
export const erf: (x: Tensor) => Tensor = applyUnary(erfOp);

export const geluOp: Op<undefined> = defineElementwise({
  name: 'gelu',
  operands: ['x'],
  compute: ([x]) => (x === -Infinity ? 0 : 0.5 * x! * computeErfc(-x! * Math.SQRT1_2)),
  webgl: { declarations: geluFunction, expression: ([x]) => `gelu(${x})` },
  cpu: { kernel: 'gelu', grain: FUNCTION_GRAIN },
});
/** x · ½(1 + erf(x/√2)), as PyTorch's `gelu`; −Infinity gives the limit 0, where PyTorch gives NaN. */
export const gelu: (x: Tensor) => Tensor = applyUnary(geluOp);

export const geluTanhOp: Op<undefined> = defineElementwise({
  name: 'gelu_tanh',
  operands: ['x'],
  // The sigmoid of twice tanh's argument, because 1 + tanh cancels below 0.
  compute: ([x]) =>
    x === -Infinity ? 0 : x! / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x! + 0.044715 * x! ** 3))),
  webgl: { declarations: geluTanhFunction, expression: ([x]) => `gelu_tanh(${x})` },
  cpu: { kernel: 'gelu_tanh', grain: FUNCTION_GRAIN },
});
/**
 * ½x · (1 + tanh(√(2/π) · (x + 0.044715x³))), as PyTorch's `gelu` with `approximate='tanh'`, save that −Infinity gives
 * 0. It is within 5e-4 of `gelu`; a net trained with the one wants that one.
 */
export const geluTanh: (x: Tensor) => Tensor = applyUnary(geluTanhOp);

export const siluOp: Op<undefined> = defineElementwise({
  name: 'silu',
  operands: ['x'],
  compute: ([x]) => computeSilu(x!),
  webgl: { declarations: siluFunction, expression: ([x]) => `silu(${x})` },
  cpu: { kernel: 'silu', grain: FUNCTION_GRAIN },
});
/** x / (1 + e⁻ˣ), also called swish, as PyTorch's `silu`; −Infinity gives the limit 0, where PyTorch gives NaN. */
export const silu: (x: Tensor) => Tensor = applyUnary(siluOp);

/** silu of a number, in float64. */
export function computeSilu(x: number): number {
  return x === -Infinity ? 0 : x / (1 + Math.exp(-x));
}

export const quickGeluOp: Op<undefined> = defineElementwise({
  name: 'quick_gelu',
  operands: ['x'],
  compute: ([x]) => (x === -Infinity ? 0 : x! / (1 + Math.exp(-1.702 * x!))),
  webgl: { declarations: quickGeluFunction, expression: ([x]) => `quick_gelu(${x})` },
  cpu: { kernel: 'quick_gelu', grain: FUNCTION_GRAIN },
});
/** x · sigmoid(1.702x), CLIP's stand-in for `gelu`, within 0.021 of it; −Infinity gives 0. */
export const quickGelu: (x: Tensor) => Tensor = applyUnary(quickGeluOp);

interface ClampAttributes {
  readonly low: number;
  readonly high: number;
}

export const clampOp: Op<ClampAttributes> = defineElementwise<ClampAttributes>({
  name: 'clamp',
  operands: ['x'],
  webgl: {
    declarations: `${isNanFunction}

vec4 clamp_number(vec4 x, float low, float high) {
  return mix(clamp(x, low, high), x, is_nan(x));
}`,
    expression: ([x], { low, high }) => `clamp_number(${x}, ${floatLiteral(low)}, ${floatLiteral(high)})`,
  },
  cpu: { kernel: 'clamp', constants: ({ low, high }) => [low, high] },
  compute: ([x], { low, high }) => Math.min(Math.max(x!, low), high),
  describe: ({ low, high }) => `${low} to ${high}`,
});

/** x held within [low, high]. Throws ShapeError `E_ATTRIBUTE` unless both are finite and low ≤ high. */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  checkNumbers('clamp', 'bounds', [low, high]);
  if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high)) {
    throw new ShapeError('E_ATTRIBUTE', `clamp: needs finite bounds, low ≤ high, got ${low} and ${high}.`);
  }
  return apply(clampOp, [x], { low: Math.fround(low), high: Math.fround(high) });
}
