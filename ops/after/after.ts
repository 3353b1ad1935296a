/**
 * after: x as it is, but not made before another tensor is. A plan computes in the order in which things are asked for,
 * so that what a training step computes once more (checkpoint) would be made at once, and kept, without it.
 */
import { apply } from '../../engine/index.ts';
import type { Op, Tensor } from '../../engine/index.ts';
import { afterCpu } from './cpu/after.ts';
import { afterGl } from './gl/after.ts';

export const afterOp: Op<undefined> = {
  name: 'after',
  operands: ['other', 'x'],
  infer: ([, x]) => x!,
  reference: ({ inputs, output }) => output.set(inputs[1]!),
  kernels: { webgl: afterGl, cpu: afterCpu },
};

/** x, once `other` is made. */
export function after(x: Tensor, other: Tensor): Tensor {
  return apply(afterOp, [other, x], undefined);
}
