/**
 * conv2d: cross-correlation with stride 1 and zero "same" padding, as `F.conv2d(x, w, b, padding='same')`.
 * x [B, I, H, W], w [O, I, KH, KW], b [O] → [B, O, H, W]. KH and KW odd, up to 7.
 *
 * Kernels here are the naive ones (gl/conv2d.ts). The rule `pack_conv2d` puts the fast op (packed-conv2d.ts) in the
 * place of this one; both must equal the reference loop.
 */
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor, TensorType } from '../../engine/index.ts';
import type { Strides } from './attributes.ts';
import { conv2dCpu } from './cpu/conv2d.ts';
import { conv2dGl } from './gl/conv2d.ts';

export const conv2dOp: Op<undefined> = {
  name: 'conv2d',
  operands: ['x', 'weight', 'bias'],
  infer: inferConv2d,
  reference: (call) => computeConv2d(call),
  macs: ({ inputs, output }) => countMacs(inputs[1]!.type, output.type),
  kernels: { webgl: conv2dGl, cpu: conv2dCpu },
};

/** x [B, I, H, W], w [O, I, KH, KW] with odd KH, KW ≤ 7, b [O] if given → [B, O, H, W]. Throws ShapeError `E_SHAPE`. */
export function conv2d(x: Tensor, w: Tensor, b?: Tensor): Tensor {
  return apply(conv2dOp, b === undefined ? [x, w] : [x, w, b], undefined);
}

function countMacs(w: TensorType, output: TensorType): number {
  const [, inChannels = 0, height = 0, width = 0] = w.shape;
  const [batch = 0, outChannels = 0, h = 0, wide = 0] = output.shape;
  return batch * outChannels * h * wide * inChannels * height * width;
}

function inferConv2d(inputs: readonly TensorType[]): TensorType {
  const [x, w, b] = inputs as [TensorType, TensorType, TensorType?];
  const shapes = `(x ${formatShape(x.shape)}, weight ${formatShape(w.shape)}${b ? `, bias ${formatShape(b.shape)}` : ''})`;
  if (x.shape.length !== 4 || w.shape.length !== 4) {
    throw new ShapeError('E_SHAPE', `conv2d: x and weight must have four dimensions, NCHW and OIHW ${shapes}.`);
  }
  const [batch, inChannels, height, width] = x.shape as [number, number, number, number];
  const [outChannels, wanted, kernelHeight, kernelWidth] = w.shape as [number, number, number, number];
  if (wanted !== inChannels) {
    throw new ShapeError(
      'E_SHAPE',
      `conv2d: weight expects ${wanted} input channels, x has ${inChannels} ${shapes}. Did you swap NCHW and NHWC?`,
    );
  }
  for (const size of [kernelHeight, kernelWidth]) {
    if (size % 2 === 0 || size > 7) {
      throw new ShapeError(
        'E_SHAPE',
        `conv2d: kernels are 1, 3, 5 or 7 pixels, got ${kernelHeight}×${kernelWidth} ${shapes}.`,
      );
    }
  }
  if (b && (b.shape.length !== 1 || b.shape[0] !== outChannels)) {
    throw new ShapeError('E_SHAPE', `conv2d: bias must be [${outChannels}], one for each output channel ${shapes}.`);
  }
  return { shape: [batch, outChannels, height, width], dtype: 'f32' };
}

/** The truth. Loops run so that the innermost one goes along rows; the sum of a pixel is kept in float64. */
export function computeConv2d(
  { inputs, inputTypes, output }: Omit<ReferenceCall, 'attributes'>,
  strides: Strides = sameStrides(inputTypes),
): void {
  const [x, w, b] = inputs;
  const [batch, inChannels, inHeight, inWidth] = inputTypes[0]!.shape as [number, number, number, number];
  const [outChannels, , kernelHeight, kernelWidth] = inputTypes[1]!.shape as [number, number, number, number];
  const {
    stride,
    before: [top, left],
    size: [height, width],
  } = strides;
  const sums = new Float64Array(height * width);
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outChannels; o++) {
      sums.fill(b ? b[o]! : 0);
      for (let i = 0; i < inChannels; i++) {
        for (let dy = 0; dy < kernelHeight; dy++) {
          for (let dx = 0; dx < kernelWidth; dx++) {
            const weight = w![((o * inChannels + i) * kernelHeight + dy) * kernelWidth + dx]!;
            const [firstY, lastY] = insideOf(dy - top, stride, height, inHeight);
            const [firstX, lastX] = insideOf(dx - left, stride, width, inWidth);
            for (let y = firstY; y < lastY; y++) {
              const from = ((n * inChannels + i) * inHeight + y * stride + dy - top) * inWidth + dx - left;
              for (let px = firstX; px < lastX; px++) sums[y * width + px]! += weight * x![from + px * stride]!;
            }
          }
        }
      }
      output.set(sums, (n * outChannels + o) * height * width);
    }
  }
}

function sameStrides([x, w]: readonly TensorType[]): Strides {
  const [, , height, width] = x!.shape as [number, number, number, number];
  const [, , kernelHeight, kernelWidth] = w!.shape as [number, number, number, number];
  return { stride: 1, before: [(kernelHeight - 1) / 2, (kernelWidth - 1) / 2], size: [height, width] };
}

/** The positions along an axis whose tap, `shift` from the first pixel of x, lies in x: the first, and one beyond. */
export function insideOf(shift: number, stride: number, count: number, size: number): [first: number, beyond: number] {
  return [Math.max(0, Math.ceil(-shift / stride)), Math.min(count, Math.ceil((size - shift) / stride))];
}
