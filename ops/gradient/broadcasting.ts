/** What rules of gradients share where shapes broadcast. */
import { sameShape, tensor } from '../../engine/index.ts';
import type { Shape, Tensor } from '../../engine/index.ts';
import { mul } from '../elementwise/binary.ts';
import { sum } from '../reduce/reduce.ts';
import { reshape } from '../reshape/reshape.ts';

/** The sum of a cotangent over the axes along which an operand of this shape was repeated. */
export function sumTo(cotangent: Tensor, shape: Shape): Tensor {
  if (sameShape(cotangent.shape, shape)) return cotangent;
  const missing = cotangent.shape.length - shape.length;
  const repeated = cotangent.shape.flatMap((size, axis) => {
    return axis < missing || (shape[axis - missing] === 1 && size > 1) ? [axis] : [];
  });
  return reshape(sum(cotangent, repeated), shape);
}

/** x times a number. */
export function scale(x: Tensor, factor: number): Tensor {
  return factor === 1 ? x : mul(x, tensor([factor], []));
}
