/**
 * sum_exponentials: Σ e^(x − largest) along one axis, where `largest` is that of each line: x of any shape → the same
 * with 1 in the place of the axis. With it softmax, its logarithm and cross-entropy are elementwise, so no line is
 * walked once for each of its elements.
 *
 * What reads it knows its share of the gradient, so that none goes through it (ops/gradient).
 */
import { apply, resolveAxis, stridesOf } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import type { AxisAttributes } from '../reduce/attributes.ts';
import { reduceShape, viewResult } from '../reduce/axes.ts';
import { max } from '../reduce/reduce.ts';
import { visitTogether } from '../strided.ts';
import { sumExponentialsCpu } from './cpu/sum-exponentials.ts';
import { sumExponentialsGl } from './gl/sum-exponentials.ts';

export const sumExponentialsOp: Op<AxisAttributes> = {
  name: 'sum_exponentials',
  operands: ['x', 'largest'],
  infer: ([x], { axis }) => ({ shape: reduceShape(x!.shape, { axes: [axis], keepDims: true }), dtype: 'f32' }),
  reference: computeSums,
  describe: ({ axis }) => `axis ${axis}`,
  kernels: { webgl: sumExponentialsGl, cpu: sumExponentialsCpu },
};

/** What a softmax knows of each line of x along an axis: the axis stays, with size 1. */
interface LineSums {
  readonly largest: Tensor;
  /** Σ e^(x − largest). */
  readonly total: Tensor;
}

/** Throws ShapeError `E_ATTRIBUTE` for an axis that x does not have. */
export function sumLines(x: Tensor, axis: number): LineSums {
  const along = resolveAxis('sumLines', axis, x.shape.length);
  const largest = max(x, [along], true);
  return { largest, total: sumExponentials(x, largest, along) };
}

/** Σ e^(x − largest) along an axis of x, for `largest` with 1 in the place of the axis. */
export function sumExponentials(x: Tensor, largest: Tensor, axis: number): Tensor {
  return apply(sumExponentialsOp, [x, largest], { axis });
}

function computeSums({ inputs, inputTypes, output, attributes: { axis } }: ReferenceCall<AxisAttributes>): void {
  const [x, largest] = inputs;
  const { shape } = inputTypes[0]!;
  const totals = new Float64Array(output.length);
  visitTogether(shape, { start: 0, strides: stridesOf(shape) }, viewResult(shape, [axis]), (at, line) => {
    totals[line]! += Math.exp(x![at]! - largest![line]!);
  });
  output.set(totals);
}
