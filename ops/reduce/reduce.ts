/**
 * sum, mean and max over any axes of a tensor of any rank, as PyTorch's `sum`, `mean` and `amax` with `dim`.
 * x [...] → the same without the reduced axes, or with size 1 in their place where keepDims is true.
 *
 * Channels are taken four at a time wherever the layout lets them. A NaN among the values makes the result NaN.
 */
import { checkNumbers } from '../../base/check-argument.ts';
import { apply, sizeOf, stridesOf, checkTensor } from '../../engine/index.ts';
import type { DType, Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import { floatLiteral } from '../shader/accessors.ts';
import { largerFunction } from '../shader/comparison.ts';
import { visitTogether } from '../strided.ts';
import { reduceShape, resolveAxes, viewResult } from './axes.ts';
import type { ReducedAxes } from './axes.ts';
import { reductionCpu } from './cpu/reduce.ts';
import { reductionGl } from './gl/reduce.ts';
import type { GlReduction } from './gl/reduce.ts';

/** What tells one reduction from another. */
interface Reduction {
  readonly name: string;
  dtype(input: DType): DType;
  /** What no values at all would give. */
  readonly start: number;
  combine(a: number, b: number): number;
  finish(total: number, count: number): number;
  readonly webgl: GlReduction;
  /** Whether zeros in the lanes beyond the last channel would change the result. */
  readonly existingLanesOnly: boolean;
}

const addition: Pick<Reduction, 'start' | 'combine' | 'existingLanesOnly'> = {
  start: 0,
  combine: (a, b) => a + b,
  existingLanesOnly: false,
};

export const sumOp: Op<ReducedAxes> = defineReduction({
  ...addition,
  name: 'sum',
  dtype: (input) => (input === 'i32' ? 'i32' : 'f32'),
  finish: (total) => total,
  webgl: { declarations: '', combine: (a, b) => `${a} + ${b}`, finish: (total) => total },
});

export const meanOp: Op<ReducedAxes> = defineReduction({
  ...addition,
  name: 'mean',
  dtype: () => 'f32',
  finish: (total, count) => total / count,
  webgl: {
    declarations: '',
    combine: (a, b) => `${a} + ${b}`,
    finish: (total, count) => `${total} / ${floatLiteral(count)}`,
  },
});

export const maxOp: Op<ReducedAxes> = defineReduction({
  name: 'max',
  dtype: (input) => input,
  start: -Infinity,
  combine: Math.max,
  finish: (total) => total,
  webgl: { declarations: largerFunction, combine: (a, b) => `larger(${a}, ${b})`, finish: (total) => total },
  existingLanesOnly: true,
});

/**
 * Σ over `axes` (all where left out; an empty list reduces none). f32 and f16 give f32; i32 gives i32, exact while
 * every partial sum stays below 2²⁴.
 * @throws ShapeError `E_ATTRIBUTE` for an axis that x does not have or that is named twice.
 */
export function sum(x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
  return reduce(sumOp, x, axes, keepDims);
}

/** The sum over `axes` divided by the number of its terms, in f32. Arguments and errors as for `sum`. */
export function mean(x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
  return reduce(meanOp, x, axes, keepDims);
}

/** The largest value over `axes`, in the dtype of x. Arguments and errors as for `sum`. */
export function max(x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
  return reduce(maxOp, x, axes, keepDims);
}

function reduce(op: Op<ReducedAxes>, x: Tensor, axes: readonly number[] | undefined, keepDims: boolean): Tensor {
  checkTensor(op.name, x);
  if (axes !== undefined) checkNumbers(op.name, 'axes', axes);
  return apply(op, [x], { axes: resolveAxes(op.name, axes, x.shape.length), keepDims });
}

function defineReduction(reduction: Reduction): Op<ReducedAxes> {
  return {
    name: reduction.name,
    operands: ['x'],
    infer: ([x], attributes) => ({ shape: reduceShape(x!.shape, attributes), dtype: reduction.dtype(x!.dtype) }),
    reference: (call) => computeReduction(call, reduction),
    describe: ({ axes }) => `axes ${axes.join(', ')}`,
    kernels: { webgl: reductionGl(reduction, reduction.webgl), cpu: reductionCpu(reduction.name) },
  };
}

function computeReduction(call: ReferenceCall<ReducedAxes>, { start, combine, finish }: Reduction): void {
  const { inputs, inputTypes, output, attributes } = call;
  const [x] = inputs;
  const { shape } = inputTypes[0]!;
  const totals = new Float64Array(output.length).fill(start);
  visitTogether(shape, { start: 0, strides: stridesOf(shape) }, viewResult(shape, attributes.axes), (from, to) => {
    totals[to] = combine(totals[to]!, x![from]!);
  });
  const count = sizeOf(shape) / output.length;
  totals.forEach((total, index) => (output[index] = finish(total, count)));
}
