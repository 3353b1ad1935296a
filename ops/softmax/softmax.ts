/**
 * softmax along any axis, as `torch.softmax(x, dim)`: x of rank 1 to 4 → the same shape, each line along the axis
 * positive with sum 1. The largest number of a line is subtracted first, so that no exponential overflows.
 */
import { apply, resolveAxis, stridesOf, checkTensor } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import { viewResult } from '../reduce/axes.ts';
import { visitTogether } from '../strided.ts';
import type { SoftmaxAttributes } from './attributes.ts';
import { softmaxCpu } from './cpu/softmax.ts';
import { softmaxGl } from './gl/softmax.ts';

export const softmaxOp: Op<SoftmaxAttributes> = {
  name: 'softmax',
  operands: ['x'],
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  reference: computeSoftmax,
  describe: ({ axis }) => `axis ${axis}`,
  kernels: { webgl: softmaxGl, cpu: softmaxCpu },
};

/**
 * e^x over its sum along `axis` (negative: from the last). −Infinity gives 0; a line of nothing but −Infinity, or one
 * with a NaN or +Infinity in it, gives NaN throughout.
 * @throws ShapeError `E_ATTRIBUTE` for an axis that x does not have: a scalar has none.
 */
export function softmax(x: Tensor, axis = -1): Tensor {
  checkTensor('softmax', x);
  return apply(softmaxOp, [x], { axis: resolveAxis('softmax', axis, x.shape.length) });
}

function computeSoftmax({ inputs, inputTypes, output, attributes: { axis } }: ReferenceCall<SoftmaxAttributes>): void {
  const [x] = inputs;
  const { shape } = inputTypes[0]!;
  const every = { start: 0, strides: stridesOf(shape) };
  const lines = viewResult(shape, [axis]);
  const count = output.length / shape[axis]!;
  const largest = new Float64Array(count).fill(-Infinity);
  const sums = new Float64Array(count);
  const exponentials = new Float64Array(output.length);
  visitTogether(shape, every, lines, (at, line) => (largest[line] = Math.max(largest[line]!, x![at]!)));
  visitTogether(shape, every, lines, (at, line) => {
    exponentials[at] = Math.exp(x![at]! - largest[line]!);
    sums[line]! += exponentials[at]!;
  });
  visitTogether(shape, every, lines, (at, line) => (output[at] = exponentials[at]! / sums[line]!));
}
