/**
 * slice: a box of a tensor, as x[b₀ : b₀ + s₀, b₁ : b₁ + s₁, …] in NumPy. x of rank 0 to 4 → shape `size`, same dtype.
 */
import { checkNumbers } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, stridesOf } from '../../engine/index.ts';
import type { Op, Shape, Tensor, TensorType } from '../../engine/index.ts';
import { checkPerAxis } from '../arguments.ts';
import { positionOf, visitTogether } from '../strided.ts';
import type { SliceAttributes } from './attributes.ts';
import { sliceCpu } from './cpu/slice.ts';
import { sliceGl } from './gl/slice.ts';

export const sliceOp: Op<SliceAttributes> = {
  name: 'slice',
  operands: ['x'],
  infer: inferSlice,
  reference({ inputs, inputTypes, output, attributes: { begin, size } }) {
    const strides = stridesOf(inputTypes[0]!.shape);
    const box = { start: positionOf(begin, strides), strides };
    visitTogether(size, box, { start: 0, strides: stridesOf(size) }, (from, to) => (output[to] = inputs[0]![from]!));
  },
  describe: ({ begin }) => `from ${formatShape(begin)}`,
  kernels: { webgl: sliceGl, cpu: sliceCpu },
};

/**
 * The box of `size` whose first element is x[begin].
 * @throws ShapeError `E_ATTRIBUTE` unless begin and size have a whole number for each axis of x, 0 ≤ begin and 1 ≤
 *   size, and `E_SHAPE` where the box reaches beyond x.
 */
export function slice(x: Tensor, begin: readonly number[], size: Shape): Tensor {
  checkNumbers('slice', 'begin', begin);
  checkNumbers('slice', 'size', size);
  return apply(sliceOp, [x], { begin, size });
}

function inferSlice(inputs: readonly TensorType[], { begin, size }: SliceAttributes): TensorType {
  const { shape, dtype } = inputs[0]!;
  checkPerAxis('slice', 'begin', begin, shape, 0);
  checkPerAxis('slice', 'size', size, shape, 1);
  if (shape.some((whole, axis) => begin[axis]! + size[axis]! > whole)) {
    throw new ShapeError(
      'E_SHAPE',
      `slice: the box from ${formatShape(begin)} of size ${formatShape(size)} reaches beyond x ${formatShape(shape)}.`,
    );
  }
  return { shape: size, dtype };
}
