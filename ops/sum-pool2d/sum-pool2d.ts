/**
 * sum_pool2d: the sum of each window of size × size pixels, windows side by side: the gradient of upsampleNearest2d.
 * x [B, C, H, W] → [B, C, H/size, W/size].
 */
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import { imageShape } from '../arguments.ts';
import type { SumPool2dAttributes } from './attributes.ts';
import { sumPool2dCpu } from './cpu/sum-pool2d.ts';
import { sumPool2dGl } from './gl/sum-pool2d.ts';

export const sumPool2dOp: Op<SumPool2dAttributes> = {
  name: 'sum_pool2d',
  operands: ['x'],
  infer([x], { size }) {
    const [batch, channels, height, width] = imageShape('sumPool2d', x!);
    if (height % size > 0 || width % size > 0) {
      throw new ShapeError(
        'E_SHAPE',
        `sumPool2d: x must be made of windows of ${size}×${size}, got ${formatShape(x!.shape)}.`,
      );
    }
    return { shape: [batch, channels, height / size, width / size], dtype: 'f32' };
  },
  reference: computeSumPool2d,
  describe: ({ size }) => `${size}×${size}`,
  kernels: { webgl: sumPool2dGl, cpu: sumPool2dCpu },
};

/** x [B, C, H, W] → [B, C, H/size, W/size], f32. Throws ShapeError `E_SHAPE` where windows do not fill x. */
export function sumPool2d(x: Tensor, size: number): Tensor {
  return apply(sumPool2dOp, [x], { size });
}

function computeSumPool2d({ inputs, output, outputType, attributes }: ReferenceCall<SumPool2dAttributes>): void {
  const [x] = inputs;
  const { size } = attributes;
  const [, , , width] = outputType.shape as [number, number, number, number];
  for (let at = 0; at < output.length; at++) {
    const row = Math.floor(at / width) * size * width * size;
    let sum = 0;
    for (let dy = 0; dy < size; dy++) {
      for (let dx = 0; dx < size; dx++) sum += x![row + dy * width * size + (at % width) * size + dx]!;
    }
    output[at] = sum;
  }
}
