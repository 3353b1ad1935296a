/**
 * max_pool2d_by_x: the gradient of maxPool2d. What a window's cotangent goes to is found by looking through the window
 * again, so no positions are kept.
 * cotangent [B, C, ⌊H/size⌋, ⌊W/size⌋], x [B, C, H, W] → [B, C, H, W].
 *
 * Of equal numbers the first in row-major order takes it, and where there is NaN the last NaN, as in PyTorch. Pixels in
 * no window get 0.
 */
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, sameShape } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import type { MaxPool2dAttributes } from '../max-pool2d/attributes.ts';
import { maxPool2dOp } from '../max-pool2d/max-pool2d.ts';
import { maxPool2dByXCpu } from './cpu/max-pool2d-by-x.ts';
import { maxPool2dByXGl } from './gl/max-pool2d-by-x.ts';

export const maxPool2dByXOp: Op<MaxPool2dAttributes> = {
  name: 'max_pool2d_by_x',
  operands: ['cotangent', 'x'],
  infer([cotangent, x], attributes) {
    const pooled = maxPool2dOp.infer([x!], attributes);
    if (!sameShape(pooled.shape, cotangent!.shape)) {
      throw new ShapeError(
        'E_SHAPE',
        `maxPool2dByX: the cotangent must be ${formatShape(pooled.shape)} as the pool of x is, got ` +
          `${formatShape(cotangent!.shape)}.`,
      );
    }
    return { shape: x!.shape, dtype: 'f32' };
  },
  reference: computeMaxPool2dByX,
  describe: ({ size }) => `${size}×${size}`,
  kernels: { webgl: maxPool2dByXGl, cpu: maxPool2dByXCpu },
};

/** cotangent of maxPool2d(x, size), x [B, C, H, W] → [B, C, H, W]. Throws ShapeError `E_SHAPE` for another shape. */
export function maxPool2dByX(cotangent: Tensor, x: Tensor, size: number): Tensor {
  return apply(maxPool2dByXOp, [cotangent, x], { size });
}

function computeMaxPool2dByX(call: ReferenceCall<MaxPool2dAttributes>): void {
  const { inputs, inputTypes, output, attributes } = call;
  const [cotangent, x] = inputs;
  const { size } = attributes;
  const [, , height, width] = inputTypes[0]!.shape as [number, number, number, number];
  const [, , inHeight, inWidth] = inputTypes[1]!.shape as [number, number, number, number];
  output.fill(0);
  for (let at = 0; at < cotangent!.length; at++) {
    const plane = Math.floor(at / (height * width));
    const y = Math.floor(at / width) % height;
    const first = (plane * inHeight + y * size) * inWidth + (at % width) * size;
    let best = first;
    for (let tap = 1; tap < size * size; tap++) {
      const next = first + Math.floor(tap / size) * inWidth + (tap % size);
      if (x![next]! > x![best]! || Number.isNaN(x![next])) best = next;
    }
    output[best] = cotangent![at]!;
  }
}
