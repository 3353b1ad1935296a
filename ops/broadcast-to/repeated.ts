/** How a tensor is walked that stands for a larger one. */
import { stridesOf } from '../../engine/index.ts';
import type { Shape } from '../../engine/index.ts';
import type { View } from '../strided.ts';

/** A tensor as it is walked along the axes of a larger shape: it stays where it is along those that it repeats. */
export function viewRepeated(own: Shape, shape: Shape): View {
  const strides = stridesOf(own);
  const missing = shape.length - own.length;
  return {
    start: 0,
    strides: shape.map((_, axis) => ((own[axis - missing] ?? 1) === 1 ? 0 : strides[axis - missing]!)),
  };
}
