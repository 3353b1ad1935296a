/**
 * pixelShuffle: groups of scale² channels become squares of scale × scale pixels, also called depth to space, as
 * `F.pixel_shuffle(x, scale)`. x [B, C·scale², H, W] → [B, C, H·scale, W·scale].
 */
import { checkNumber } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape } from '../../engine/index.ts';
import type { Op, Tensor } from '../../engine/index.ts';
import { checkWholeNumber, imageShape } from '../arguments.ts';
import { visitTogether } from '../strided.ts';
import { listWalks } from './attributes.ts';
import type { PixelShuffleAttributes } from './attributes.ts';
import { pixelShuffleCpu } from './cpu/pixel-shuffle.ts';
import { pixelShuffleGl } from './gl/pixel-shuffle.ts';

export const pixelShuffleOp: Op<PixelShuffleAttributes> = {
  name: 'pixel_shuffle',
  operands: ['x'],
  infer(inputs, { scale }) {
    const [batch, channels, height, width] = imageShape('pixelShuffle', inputs[0]!);
    checkWholeNumber('pixelShuffle', 'scale', scale, 1);
    if (channels % scale ** 2 !== 0) {
      throw new ShapeError(
        'E_SHAPE',
        `pixelShuffle: the channels of x must be a multiple of ${scale}², got ${formatShape(inputs[0]!.shape)}.`,
      );
    }
    return { shape: [batch, channels / scale ** 2, height * scale, width * scale], dtype: inputs[0]!.dtype };
  },
  reference({ inputs: [x], output, outputType, attributes }) {
    for (const { shape, from, to } of listWalks(outputType.shape, attributes)) {
      visitTogether(shape, from, to, (source, target) => (output[target] = x![source]!));
    }
  },
  describe: ({ scale }) => `×${scale}`,
  kernels: { webgl: pixelShuffleGl, cpu: pixelShuffleCpu },
};

/**
 * x [B, C·scale², H, W] → [B, C, H·scale, W·scale], same dtype: channel c·scale² + dy·scale + dx of pixel (y, x) is
 * channel c of pixel (y·scale + dy, x·scale + dx).
 * @throws ShapeError `E_SHAPE` unless x has four dimensions and such channels, `E_ATTRIBUTE` unless scale is a whole
 *   number of at least 1.
 */
export function pixelShuffle(x: Tensor, scale = 2): Tensor {
  checkNumber('pixelShuffle', 'scale', scale);
  return apply(pixelShuffleOp, [x], { scale });
}
