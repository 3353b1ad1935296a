/**
 * conv2d_by_weight: the gradient of conv2d and of stridedConv2d by their weight, as PyTorch's `conv2d_weight`. Each
 * number is a sum over all pixels of all images.
 * cotangent [B, O, OH, OW], that of the convolution's result, x [B, I, H, W] → [O, I, KH, KW].
 *
 * Pixels beyond x count as zero; both hold finite numbers.
 */
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor, TensorOf, TensorType } from '../../engine/index.ts';
import { imageShape } from '../arguments.ts';
import { insideOf } from '../conv2d/conv2d.ts';
import type { Conv2dByWeightAttributes } from './attributes.ts';
import { conv2dByWeightCpu } from './cpu/conv2d-by-weight.ts';
import { conv2dByWeightGl } from './gl/conv2d-by-weight.ts';

export const conv2dByWeightOp: Op<Conv2dByWeightAttributes> = {
  name: 'conv2d_by_weight',
  operands: ['cotangent', 'x'],
  infer: inferConv2dByWeight,
  reference: computeConv2dByWeight,
  describe({ kernel: [height, width], stride, reluInput }) {
    return `${height}×${width}${stride > 1 ? `, stride ${stride}` : ''}${reluInput ? ', relu on read' : ''}`;
  },
  macs({ inputs: [cotangent, x], attributes: { kernel } }) {
    const [batch, outChannels, height, width] = cotangent!.type.shape as [number, number, number, number];
    return batch * outChannels * height * width * x!.type.shape[1]! * kernel[0] * kernel[1];
  },
  kernels: { webgl: conv2dByWeightGl, cpu: conv2dByWeightCpu },
};

/**
 * cotangent [B, O, OH, OW], x [B, I, H, W] → [O, I, KH, KW]. `strides` are those of a stridedConv2d [those of conv2d].
 * @throws ShapeError `E_SHAPE` unless both are images, as many in both, whose sizes such a convolution ties together
 */
export function conv2dByWeight(
  cotangent: Tensor,
  x: Tensor,
  kernel: readonly [height: number, width: number],
  { stride, before }: Pick<Conv2dByWeightAttributes, 'stride' | 'before'> = {
    stride: 1,
    before: [(kernel[0] - 1) / 2, (kernel[1] - 1) / 2],
  },
): Tensor {
  return apply(conv2dByWeightOp, [cotangent, x], { kernel, stride, before, reluInput: false });
}

/** The same with ReLU of `x` in the place of what it reads: what a rewrite rule does. */
export function clipInput({ inputs, attributes }: TensorOf<Conv2dByWeightAttributes>, x: Tensor): Tensor {
  return apply(conv2dByWeightOp, [inputs[0]!, x], { ...attributes, reluInput: true });
}

function inferConv2dByWeight(
  [cotangent, x]: readonly TensorType[],
  { kernel, stride, before }: Conv2dByWeightAttributes,
): TensorType {
  const [batch, outChannels, ...map] = imageShape('conv2dByWeight', cotangent!);
  const [images, inChannels, ...inMap] = imageShape('conv2dByWeight', x!);
  // The last window must see x, as the first does.
  const isSeen = map.every((size, axis) => (size - 1) * stride - before[axis]! < inMap[axis]!);
  if (batch !== images || !isSeen || cotangent!.dtype !== 'f32') {
    throw new ShapeError(
      'E_SHAPE',
      `conv2dByWeight: the cotangent must be that of a convolution of x, f32, got ${formatShape(cotangent!.shape)} ` +
        `for x ${formatShape(x!.shape)} and a kernel of ${kernel[0]}×${kernel[1]}.`,
    );
  }
  return { shape: [outChannels, inChannels, ...kernel], dtype: 'f32' };
}

/** The truth, tap by tap. */
function computeConv2dByWeight(call: ReferenceCall<Conv2dByWeightAttributes>): void {
  const [batch, , height] = call.inputTypes[0]!.shape as [number, number, number, number];
  sumOverRows(call, 0, batch * height);
}

/** The sums over some rows of pixels, those of all images counted one after another. */
export function sumOverRows(call: ReferenceCall<Conv2dByWeightAttributes>, firstRow: number, lastRow: number): void {
  const { inputs, inputTypes, output, attributes } = call;
  const { kernel, stride, before, reluInput } = attributes;
  const [cotangent] = inputs;
  const x = reluInput ? inputs[1]!.map((value) => Math.max(value, 0)) : inputs[1]!;
  const [, outChannels, height, width] = inputTypes[0]!.shape as [number, number, number, number];
  const [, inChannels, inHeight, inWidth] = inputTypes[1]!.shape as [number, number, number, number];
  for (let at = 0; at < output.length; at++) {
    const [dy, dx] = [Math.floor(at / kernel[1]) % kernel[0], at % kernel[1]];
    const i = Math.floor(at / (kernel[0] * kernel[1])) % inChannels;
    const o = Math.floor(at / (kernel[0] * kernel[1] * inChannels));
    const [firstY, lastY] = insideOf(dy - before[0], stride, height, inHeight);
    const [firstX, lastX] = insideOf(dx - before[1], stride, width, inWidth);
    let sum = 0;
    for (let row = firstRow; row < lastRow; row++) {
      const [n, y] = [Math.floor(row / height), row % height];
      if (y < firstY || y >= lastY) continue;
      const own = ((n * outChannels + o) * height + y) * width;
      const from = ((n * inChannels + i) * inHeight + y * stride + dy - before[0]) * inWidth + dx - before[1];
      for (let px = firstX; px < lastX; px++) sum += cotangent![own + px]! * x[from + px * stride]!;
    }
    output[at] = sum;
  }
}
