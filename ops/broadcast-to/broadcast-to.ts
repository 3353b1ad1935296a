/**
 * broadcastTo: a tensor repeated along axes that it lacks or has once, as `numpy.broadcast_to`. x [...] → `shape`, same
 * dtype. It is what a sum passes back to its terms.
 */
import { checkNumbers } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, broadcastShapes, checkTensor, formatShape, sameShape, stridesOf } from '../../engine/index.ts';
import type { Op, Shape, Tensor } from '../../engine/index.ts';
import { visitTogether } from '../strided.ts';
import type { BroadcastToAttributes } from './attributes.ts';
import { broadcastToCpu } from './cpu/broadcast-to.ts';
import { broadcastToGl } from './gl/broadcast-to.ts';
import { viewRepeated } from './repeated.ts';

export const broadcastToOp: Op<BroadcastToAttributes> = {
  name: 'broadcast_to',
  operands: ['x'],
  infer: ([x], { shape }) => ({ shape, dtype: x!.dtype }),
  reference({ inputs, inputTypes, output, attributes: { shape } }) {
    const all = { start: 0, strides: stridesOf(shape) };
    visitTogether(shape, viewRepeated(inputTypes[0]!.shape, shape), all, (from, to) => {
      output[to] = inputs[0]![from]!;
    });
  },
  kernels: { webgl: broadcastToGl, cpu: broadcastToCpu },
};

/**
 * x, repeated to `shape`.
 * @throws ShapeError `E_SHAPE` unless x broadcasts to it
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  checkTensor('broadcastTo', x);
  checkNumbers('broadcastTo', 'shape', shape);
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(broadcastShapes('broadcastTo', x.shape, shape), shape)) {
    throw new ShapeError(
      'E_SHAPE',
      `broadcastTo: x ${formatShape(x.shape)} has more elements along an axis than ${formatShape(shape)}.`,
    );
  }
  return apply(broadcastToOp, [x], { shape });
}
