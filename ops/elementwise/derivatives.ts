/**
 * What backward goes through a function of one number: the cotangent times its derivative at x, in one op each. Ops
 * whose derivative is a short formula of their result need none (ops/gradient/activations.ts).
 */
import { apply } from '../../engine/index.ts';
import type { Op, Tensor } from '../../engine/index.ts';
import { FUNCTION_GRAIN } from './cpu/elementwise.ts';
import { applyBinary, defineElementwise } from './elementwise.ts';
import { computeErfc } from './error-function.ts';
import { geluByXFormula, geluTanhByXFormula, selectPositiveFormula, selectWithinFormula } from './gl/derivatives.ts';
import { siluByXFormula } from './gl/derivatives.ts';

const operands = ['cotangent', 'x'];

export const selectPositiveOp: Op<undefined> = defineElementwise({
  name: 'select_positive',
  operands,
  compute: ([cotangent, x]) => (x! <= 0 ? 0 : cotangent!),
  webgl: selectPositiveFormula,
  cpu: { kernel: 'select_positive' },
});
/** The cotangent where x > 0 or is NaN, and 0 elsewhere: what relu passes back, as PyTorch's does. */
export const selectPositive: (cotangent: Tensor, x: Tensor) => Tensor = applyBinary(selectPositiveOp);

/** Bounds, both of which belong to what is between them. */
interface Bounds {
  readonly low: number;
  readonly high: number;
}

export const selectWithinOp: Op<Bounds> = defineElementwise<Bounds>({
  name: 'select_within',
  operands,
  compute: ([cotangent, x], { low, high }) => (x! >= low && x! <= high ? cotangent! : 0),
  webgl: selectWithinFormula,
  cpu: { kernel: 'select_within', constants: ({ low, high }) => [low, high] },
  describe: ({ low, high }) => `${low} to ${high}`,
});
/** The cotangent where low ≤ x ≤ high, and 0 elsewhere: what clamp passes back, as PyTorch's does. */
export function selectWithin(cotangent: Tensor, x: Tensor, bounds: Bounds): Tensor {
  return apply(selectWithinOp, [cotangent, x], bounds);
}

export const geluByXOp: Op<undefined> = defineElementwise({
  name: 'gelu_by_x',
  operands,
  compute: ([cotangent, x]) => cotangent! * differentiateGelu(x!),
  webgl: geluByXFormula,
  cpu: { kernel: 'gelu_by_x', grain: FUNCTION_GRAIN },
});
/** cotangent · (Φ(x) + x·φ(x)). */
export const geluByX: (cotangent: Tensor, x: Tensor) => Tensor = applyBinary(geluByXOp);

function differentiateGelu(x: number): number {
  const bounded = Math.min(Math.max(x, -40), 40); // infinities have no density times themselves
  const density = Math.exp(-0.5 * bounded ** 2) / Math.sqrt(2 * Math.PI);
  return 0.5 * computeErfc(-bounded * Math.SQRT1_2) + bounded * density;
}

export const geluTanhByXOp: Op<undefined> = defineElementwise({
  name: 'gelu_tanh_by_x',
  operands,
  compute: ([cotangent, x]) => cotangent! * differentiateGeluTanh(x!),
  webgl: geluTanhByXFormula,
  cpu: { kernel: 'gelu_tanh_by_x', grain: FUNCTION_GRAIN },
});
/** The same of the form with tanh. */
export const geluTanhByX: (cotangent: Tensor, x: Tensor) => Tensor = applyBinary(geluTanhByXOp);

function differentiateGeluTanh(x: number): number {
  const bounded = Math.min(Math.max(x, -10), 10);
  const slope = 2 * Math.sqrt(2 / Math.PI);
  const power = Math.exp(-slope * (bounded + 0.044715 * bounded ** 3));
  const share = 1 / (1 + power);
  return share + bounded * share * (power / (1 + power)) * slope * (1 + 3 * 0.044715 * bounded ** 2);
}

interface SiluAttributes {
  /** Of the sigmoid: 1 for silu, 1.702 for quick_gelu. */
  readonly slope: number;
}

export const siluByXOp: Op<SiluAttributes> = defineElementwise<SiluAttributes>({
  name: 'silu_by_x',
  operands,
  compute: ([cotangent, x], { slope }) => cotangent! * differentiateSilu(slope * x!),
  webgl: siluByXFormula,
  cpu: { kernel: 'silu_by_x', grain: FUNCTION_GRAIN, constants: ({ slope }) => [slope] },
  describe: ({ slope }) => `slope ${slope}`,
});
/** The cotangent times the derivative of x · sigmoid(slope · x): of silu, and with slope 1.702 of quick_gelu. */
export function siluByX(cotangent: Tensor, x: Tensor, slope: number): Tensor {
  return apply(siluByXOp, [cotangent, x], { slope: Math.fround(slope) });
}

/** Of t · sigmoid(t). */
function differentiateSilu(t: number): number {
  const bounded = Math.min(Math.max(t, -80), 80);
  const share = 1 / (1 + Math.exp(-bounded));
  return share * (1 + bounded * (1 - share));
}
