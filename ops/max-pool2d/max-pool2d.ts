/**
 * maxPool2d: the largest value of each window of size × size pixels, windows side by side, as `F.max_pool2d(x, size)`.
 * x [B, C, H, W] → [B, C, ⌊H/size⌋, ⌊W/size⌋]: rows and columns that fill no window are left out, as in PyTorch.
 * A NaN in a window makes its result NaN.
 */
import { checkNumber } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor, TensorType } from '../../engine/index.ts';
import { checkWholeNumber, imageShape } from '../arguments.ts';
import type { MaxPool2dAttributes } from './attributes.ts';
import { maxPool2dCpu } from './cpu/max-pool2d.ts';
import { maxPool2dGl } from './gl/max-pool2d.ts';

export const maxPool2dOp: Op<MaxPool2dAttributes> = {
  name: 'max_pool2d',
  operands: ['x'],
  infer: inferMaxPool2d,
  reference: computeMaxPool2d,
  describe: ({ size }) => `${size}×${size}`,
  kernels: { webgl: maxPool2dGl, cpu: maxPool2dCpu },
};

/**
 * x [B, C, H, W] → [B, C, ⌊H/size⌋, ⌊W/size⌋], same dtype.
 * @throws ShapeError `E_SHAPE` unless x has four dimensions and holds at least one window, `E_ATTRIBUTE` unless size is
 *   a whole number of at least 1.
 */
export function maxPool2d(x: Tensor, size = 2): Tensor {
  checkNumber('maxPool2d', 'size', size);
  return apply(maxPool2dOp, [x], { size });
}

function inferMaxPool2d(inputs: readonly TensorType[], { size }: MaxPool2dAttributes): TensorType {
  const [batch, channels, height, width] = imageShape('maxPool2d', inputs[0]!);
  checkWholeNumber('maxPool2d', 'size', size, 1);
  if (height < size || width < size) {
    throw new ShapeError(
      'E_SHAPE',
      `maxPool2d: x ${formatShape(inputs[0]!.shape)} is smaller than one window of ${size}×${size} pixels. ` +
        'Give a larger picture or a smaller size.',
    );
  }
  const shape = [batch, channels, Math.floor(height / size), Math.floor(width / size)];
  return { shape, dtype: inputs[0]!.dtype };
}

function computeMaxPool2d({ inputs, inputTypes, output, outputType, attributes }: ReferenceCall<MaxPool2dAttributes>) {
  const [x] = inputs;
  const { size } = attributes;
  const [, , inHeight, inWidth] = imageShape('maxPool2d', inputTypes[0]!);
  const [batch, channels, height, width] = imageShape('maxPool2d', outputType);
  for (let plane = 0, to = 0; plane < batch * channels; plane++) {
    for (let y = 0; y < height; y++) {
      for (let px = 0; px < width; px++, to++) {
        let largest = -Infinity;
        for (let dy = 0; dy < size; dy++) {
          const from = (plane * inHeight + y * size + dy) * inWidth + px * size;
          for (let dx = 0; dx < size; dx++) largest = Math.max(largest, x![from + dx]!);
        }
        output[to] = largest;
      }
    }
  }
}
