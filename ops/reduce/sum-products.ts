/**
 * sum_products: Σ a·b along one axis, a and b of one shape → the same with 1 in the place of the axis. What the
 * backward pass of normalisations asks of rows, and of columns; the products are never stored.
 */
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, resolveAxis, sameShape, stridesOf } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import { visitTogether } from '../strided.ts';
import type { AxisAttributes } from './attributes.ts';
import { reduceShape, viewResult } from './axes.ts';
import { sumProductsCpu } from './cpu/reduce.ts';
import { sumProductsGl } from './gl/along-axis.ts';

export const sumProductsOp: Op<AxisAttributes> = {
  name: 'sum_products',
  operands: ['x', 'other'],
  infer([a, b], { axis }) {
    if (sameShape(a!.shape, b!.shape)) {
      return { shape: reduceShape(a!.shape, { axes: [axis], keepDims: true }), dtype: 'f32' };
    }
    const shapes = `${formatShape(a!.shape)} and ${formatShape(b!.shape)}`;
    throw new ShapeError('E_SHAPE', `sum_products: a and b must have the same shape, got ${shapes}.`);
  },
  reference: computeSumProducts,
  describe: ({ axis }) => `axis ${axis}`,
  kernels: { webgl: sumProductsGl, cpu: sumProductsCpu },
};

/** Σ a·b along `axis`, which stays with size 1. Throws ShapeError `E_SHAPE`, `E_ATTRIBUTE`. */
export function sumProducts(a: Tensor, b: Tensor, axis: number): Tensor {
  return apply(sumProductsOp, [a, b], { axis: resolveAxis('sumProducts', axis, a.shape.length) });
}

function computeSumProducts({ inputs, inputTypes, output, attributes: { axis } }: ReferenceCall<AxisAttributes>): void {
  const [a, b] = inputs;
  const { shape } = inputTypes[0]!;
  const totals = new Float64Array(output.length);
  visitTogether(shape, { start: 0, strides: stridesOf(shape) }, viewResult(shape, [axis]), (from, to) => {
    totals[to]! += a![from]! * b![from]!;
  });
  output.set(totals);
}
