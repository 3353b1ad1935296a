/**
 * pad: a border of one value around a tensor, as `numpy.pad` with mode "constant". x of rank 0 to 4 with sizes Aᵢ →
 * sizes beforeᵢ + Aᵢ + afterᵢ, same dtype.
 */
import { checkNumber, checkNumbers } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, stridesOf, checkTensor } from '../../engine/index.ts';
import type { DType, Op, Tensor, TensorType } from '../../engine/index.ts';
import { checkPerAxis } from '../arguments.ts';
import { roundToHalf } from '../cast/half.ts';
import { positionOf, visitTogether } from '../strided.ts';
import type { PadAttributes } from './attributes.ts';
import { padCpu } from './cpu/pad.ts';
import { padGl } from './gl/pad.ts';

export const padOp: Op<PadAttributes> = {
  name: 'pad',
  operands: ['x'],
  infer: inferPad,
  reference({ inputs, inputTypes, output, outputType, attributes: { before, value } }) {
    const { shape } = inputTypes[0]!;
    const strides = stridesOf(outputType.shape);
    const inside = { start: positionOf(before, strides), strides };
    output.fill(value);
    visitTogether(
      shape,
      { start: 0, strides: stridesOf(shape) },
      inside,
      (from, to) => (output[to] = inputs[0]![from]!),
    );
  },
  describe: ({ before, after, value }) => `${formatShape(before)} before, ${formatShape(after)} after, ${value}`,
  kernels: { webgl: padGl, cpu: padCpu },
};

/**
 * x with `before[i]` elements of `value` put before and `after[i]` after it along each axis i. The value is rounded to
 * the dtype of x; it may be infinite.
 * @throws ShapeError `E_ATTRIBUTE` unless before and after have a whole number of at least 0 for each axis of x, and
 *   for dtype i32 unless the value is whole and below 2²⁴ in magnitude.
 */
export function pad(x: Tensor, before: readonly number[], after: readonly number[], value = 0): Tensor {
  checkTensor('pad', x);
  checkNumbers('pad', 'before', before);
  checkNumbers('pad', 'after', after);
  checkNumber('pad', 'value', value);
  return apply(padOp, [x], { before, after, value: roundTo(x.dtype, value) });
}

function roundTo(dtype: DType, value: number): number {
  if (dtype !== 'i32') return dtype === 'f16' ? roundToHalf(Math.fround(value)) : Math.fround(value);
  if (!Number.isInteger(value) || Math.abs(value) >= 2 ** 24) {
    throw new ShapeError('E_ATTRIBUTE', `pad: value must be a whole number within ±2^24 where x is i32, got ${value}.`);
  }
  return value;
}

function inferPad(inputs: readonly TensorType[], { before, after }: PadAttributes): TensorType {
  const { shape, dtype } = inputs[0]!;
  checkPerAxis('pad', 'before', before, shape, 0);
  checkPerAxis('pad', 'after', after, shape, 0);
  return { shape: shape.map((size, axis) => before[axis]! + size + after[axis]!), dtype };
}
