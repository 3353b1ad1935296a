/**
 * reshape: the same row-major numbers under another shape, as `numpy.reshape`. x [...] → `shape`, same dtype.
 * Textures are not row-major, so this moves every element, unless the shape is the one x has.
 */
import { checkNumbers } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, sameShape, sizeOf, checkTensor } from '../../engine/index.ts';
import type { Op, Shape, Tensor, TensorType } from '../../engine/index.ts';
import type { ReshapeAttributes } from './attributes.ts';
import { reshapeCpu } from './cpu/reshape.ts';
import { reshapeGl } from './gl/reshape.ts';

export const reshapeOp: Op<ReshapeAttributes> = {
  name: 'reshape',
  operands: ['x'],
  infer: inferReshape,
  reference: ({ inputs, output }) => output.set(inputs[0]!),
  kernels: { webgl: reshapeGl, cpu: reshapeCpu },
};

/**
 * x under another shape of rank 0 to 4 with as many elements.
 * @throws ShapeError `E_SHAPE` for another number of elements, or a shape no tensor can have.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensor('reshape', x);
  checkNumbers('reshape', 'shape', shape);
  return sameShape(x.shape, shape) ? x : apply(reshapeOp, [x], { shape });
}

function inferReshape(inputs: readonly TensorType[], { shape }: ReshapeAttributes): TensorType {
  const { shape: from, dtype } = inputs[0]!;
  if (sizeOf(from) !== sizeOf(shape)) {
    throw new ShapeError(
      'E_SHAPE',
      `reshape: x ${formatShape(from)} has ${sizeOf(from)} elements, ${formatShape(shape)} would have ${sizeOf(shape)}.`,
    );
  }
  return { shape, dtype };
}
