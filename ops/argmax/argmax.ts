/**
 * argmax: where along an axis the largest value is, the first of equals, as `torch.argmax(x, dim)`.
 * x [...] → i32 [...] without that axis. Where a NaN is among the values the result is -1, on every device and in the
 * reference: PyTorch returns the NaN's place, which a caller would take for a token.
 */
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, resolveAxis, stridesOf, checkTensor } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor, TensorType } from '../../engine/index.ts';
import { reduceShape, viewResult } from '../reduce/axes.ts';
import { visitTogether } from '../strided.ts';
import type { ArgmaxAttributes } from './attributes.ts';
import { argmaxCpu } from './cpu/argmax.ts';
import { argmaxGl } from './gl/argmax.ts';

export const argmaxOp: Op<ArgmaxAttributes> = {
  name: 'argmax',
  operands: ['x'],
  infer: inferArgmax,
  reference: computeArgmax,
  describe: ({ axis }) => `axis ${axis}`,
  kernels: { webgl: argmaxGl, cpu: argmaxCpu },
};

/**
 * Index of the largest value along `axis` (negative: from the last), the first of equals, or -1 where any value is NaN.
 * @throws ShapeError `E_ATTRIBUTE` for an axis that x does not have, `E_SHAPE` for one longer than 2²⁴.
 */
export function argmax(x: Tensor, axis: number): Tensor {
  checkTensor('argmax', x);
  return apply(argmaxOp, [x], { axis: resolveAxis('argmax', axis, x.shape.length) });
}

function inferArgmax(inputs: readonly TensorType[], { axis }: ArgmaxAttributes): TensorType {
  const { shape } = inputs[0]!;
  if (shape[axis]! > 2 ** 24) {
    throw new ShapeError(
      'E_SHAPE',
      `argmax: axis ${axis} of ${formatShape(shape)} is longer than 2^24, so fp32 cannot hold its last indices.`,
    );
  }
  return { shape: reduceShape(shape, { axes: [axis], keepDims: false }), dtype: 'i32' };
}

/** A NaN leaves index -1 behind, and Infinity as the best value, which nothing exceeds. */
function computeArgmax({ inputs, inputTypes, output, attributes: { axis } }: ReferenceCall<ArgmaxAttributes>): void {
  const [x] = inputs;
  const { shape } = inputTypes[0]!;
  const strides = stridesOf(shape);
  const best = new Float64Array(output.length).fill(-Infinity);
  output.fill(0);
  visitTogether(shape, { start: 0, strides }, viewResult(shape, [axis]), (from, to) => {
    const value = x![from]!;
    if (Number.isNaN(value)) {
      best[to] = Infinity;
      output[to] = -1;
    } else if (value > best[to]!) {
      best[to] = value;
      output[to] = Math.floor(from / strides[axis]!) % shape[axis]!;
    }
  });
}
