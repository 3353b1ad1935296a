/**
 * transpose: the axes of a tensor in another order, as `numpy.transpose`. Axis i of the result is axis permutation[i]
 * of x: x [B, C, H, W] with [0, 2, 3, 1] → [B, H, W, C], same dtype.
 */
import { checkNumbers } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, stridesOf, checkTensor } from '../../engine/index.ts';
import type { Op, Tensor, TensorType } from '../../engine/index.ts';
import { visitTogether } from '../strided.ts';
import type { TransposeAttributes } from './attributes.ts';
import { transposeCpu } from './cpu/transpose.ts';
import { transposeGl } from './gl/transpose.ts';

export const transposeOp: Op<TransposeAttributes> = {
  name: 'transpose',
  operands: ['x'],
  infer: inferTranspose,
  reference({ inputs, inputTypes, output, outputType: { shape }, attributes: { permutation } }) {
    const strides = stridesOf(inputTypes[0]!.shape);
    const permuted = { start: 0, strides: permutation.map((axis) => strides[axis]!) };
    visitTogether(
      shape,
      permuted,
      { start: 0, strides: stridesOf(shape) },
      (from, to) => (output[to] = inputs[0]![from]!),
    );
  },
  describe: ({ permutation }) => permutation.join(', '),
  kernels: { webgl: transposeGl, cpu: transposeCpu },
};

/**
 * x with its axes in the order of `permutation`.
 * @throws ShapeError `E_ATTRIBUTE` unless permutation names every axis of x once, from 0 to rank − 1.
 */
export function transpose(x: Tensor, permutation: readonly number[]): Tensor {
  checkTensor('transpose', x);
  checkNumbers('transpose', 'permutation', permutation);
  return apply(transposeOp, [x], { permutation });
}

function inferTranspose(inputs: readonly TensorType[], { permutation }: TransposeAttributes): TensorType {
  const { shape, dtype } = inputs[0]!;
  if (permutation.length !== shape.length || shape.some((_, axis) => !permutation.includes(axis))) {
    throw new ShapeError(
      'E_ATTRIBUTE',
      `transpose: permutation must name each of the ${shape.length} axes of ${formatShape(shape)} once, ` +
        `got ${formatShape(permutation)}.`,
    );
  }
  return { shape: permutation.map((axis) => shape[axis]!), dtype };
}
