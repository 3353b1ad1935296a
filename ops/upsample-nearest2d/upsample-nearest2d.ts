/**
 * upsampleNearest2d: every pixel repeated scale times across and down, as `F.interpolate(x, scale_factor=scale)`.
 * x [B, C, H, W] → [B, C, H·scale, W·scale].
 */
import { checkNumber } from '../../base/check-argument.ts';
import { apply } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import { checkWholeNumber, imageShape } from '../arguments.ts';
import type { UpsampleNearest2dAttributes } from './attributes.ts';
import { upsampleNearest2dCpu } from './cpu/upsample-nearest2d.ts';
import { upsampleNearest2dGl } from './gl/upsample-nearest2d.ts';

export const upsampleNearest2dOp: Op<UpsampleNearest2dAttributes> = {
  name: 'upsample_nearest2d',
  operands: ['x'],
  infer(inputs, { scale }) {
    const [batch, channels, height, width] = imageShape('upsampleNearest2d', inputs[0]!);
    checkWholeNumber('upsampleNearest2d', 'scale', scale, 1);
    return { shape: [batch, channels, height * scale, width * scale], dtype: inputs[0]!.dtype };
  },
  reference: computeUpsampleNearest2d,
  describe: ({ scale }) => `×${scale}`,
  kernels: { webgl: upsampleNearest2dGl, cpu: upsampleNearest2dCpu },
};

/**
 * x [B, C, H, W] → [B, C, H·scale, W·scale], same dtype.
 * @throws ShapeError `E_SHAPE` unless x has four dimensions, `E_ATTRIBUTE` unless scale is a whole number of at least
 *   1.
 */
export function upsampleNearest2d(x: Tensor, scale = 2): Tensor {
  checkNumber('upsampleNearest2d', 'scale', scale);
  return apply(upsampleNearest2dOp, [x], { scale });
}

function computeUpsampleNearest2d(call: ReferenceCall<UpsampleNearest2dAttributes>): void {
  const { inputs, inputTypes, output, outputType, attributes } = call;
  const [, , inHeight, inWidth] = imageShape('upsampleNearest2d', inputTypes[0]!);
  const [batch, channels, height, width] = imageShape('upsampleNearest2d', outputType);
  for (let plane = 0, to = 0; plane < batch * channels; plane++) {
    for (let y = 0; y < height; y++) {
      const row = (plane * inHeight + Math.floor(y / attributes.scale)) * inWidth;
      for (let x = 0; x < width; x++, to++) output[to] = inputs[0]![row + Math.floor(x / attributes.scale)]!;
    }
  }
}
