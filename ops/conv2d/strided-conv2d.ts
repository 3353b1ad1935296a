/**
 * strided_conv2d: cross-correlation that looks at every pixel or at every other, with zeros around x as told: what
 * encoders shrink maps by. As `F.conv2d(F.pad(x, …), w, b, stride)`.
 * x [B, I, H, W], w [O, I, KH, KW], b [O] → [B, O, OH, OW]. KH and KW up to 7, even ones too.
 *
 * Like conv2d it has naive kernels, and the rule `pack_conv2d` puts packed_conv2d in its place.
 */
import { checkList, checkNumber, checkObject } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, sizeOf } from '../../engine/index.ts';
import type { Op, Tensor, TensorType } from '../../engine/index.ts';
import type { Strides } from './attributes.ts';
import { computeConv2d } from './conv2d.ts';
import { stridedConv2dCpu } from './cpu/conv2d.ts';
import { stridedConv2dGl } from './gl/conv2d.ts';

/** How stridedConv2d goes over x. */
export interface StridedConv2dOptions {
  /** Pixels from one window to the next: 1 or 2. */
  readonly stride: number;
  /** Rows and columns of zeros around x, each fewer than the kernel has. */
  readonly padding: readonly [top: number, left: number, bottom: number, right: number];
}

export const stridedConv2dOp: Op<Strides> = {
  name: 'strided_conv2d',
  operands: ['x', 'weight', 'bias'],
  infer: ([x, w], { size }) => ({ shape: [x!.shape[0]!, w!.shape[0]!, ...size], dtype: 'f32' }),
  reference: (call) => computeConv2d(call, call.attributes),
  describe: ({ stride }) => `stride ${stride}`,
  macs: ({ inputs, output }) => (sizeOf(inputs[1]!.type.shape) * sizeOf(output.type.shape)) / output.type.shape[1]!,
  kernels: { webgl: stridedConv2dGl, cpu: stridedConv2dCpu },
};

/**
 * x [B, I, H, W], w [O, I, KH, KW] with KH, KW ≤ 7, b [O] if given → [B, O, OH, OW], where
 * OH = ⌊(H + top + bottom − KH) / stride⌋ + 1.
 * @throws ShapeError `E_SHAPE` for other shapes, and where no window fits; `E_ATTRIBUTE` for other strides or padding.
 */
export function stridedConv2d(x: Tensor, w: Tensor, b: Tensor | undefined, options: StridedConv2dOptions): Tensor {
  const inputs = b === undefined ? [x, w] : [x, w, b];
  checkObject('stridedConv2d', 'options', options);
  return apply(stridedConv2dOp, inputs, readStrides(inputs, options));
}

function readStrides([x, w, b]: readonly Tensor[], { stride, padding }: StridedConv2dOptions): Strides {
  checkNumber('stridedConv2d', 'stride', stride);
  checkList('stridedConv2d', 'padding', padding);
  const [top, left, bottom, right] = padding;
  checkShapes(x!.type, w!.type, b?.type);
  const [, , height, width] = x!.shape as [number, number, number, number];
  const [, , kernelHeight, kernelWidth] = w!.shape as [number, number, number, number];
  const most = [kernelHeight, kernelWidth, kernelHeight, kernelWidth];
  const isFitting = padding.length === 4 && padding.every((size, at) => size >= 0 && size < most[at]!);
  if ((stride !== 1 && stride !== 2) || !isFitting || !padding.every(Number.isInteger)) {
    throw new ShapeError(
      'E_ATTRIBUTE',
      `stridedConv2d: stride must be 1 or 2 and padding [top, left, bottom, right], each below the kernel's ` +
        `${kernelHeight}×${kernelWidth}, got ${stride} and ${formatShape(padding)}.`,
    );
  }
  const count = (size: number, kernel: number): number => Math.floor((size - kernel) / stride) + 1;
  const size = [count(height + top + bottom, kernelHeight), count(width + left + right, kernelWidth)] as const;
  if (size[0] < 1 || size[1] < 1) {
    throw new ShapeError(
      'E_SHAPE',
      `stridedConv2d: a kernel of ${kernelHeight}×${kernelWidth} must fit into x with its padding, got x ` +
        `${formatShape(x!.shape)} and padding ${formatShape(padding)}.`,
    );
  }
  return { stride, before: [top, left], size };
}

function checkShapes(x: TensorType, w: TensorType, b?: TensorType): void {
  const shapes = `(x ${formatShape(x.shape)}, weight ${formatShape(w.shape)}${b ? `, bias ${formatShape(b.shape)}` : ''})`;
  if (x.shape.length !== 4 || w.shape.length !== 4 || w.shape[1] !== x.shape[1]) {
    throw new ShapeError(
      'E_SHAPE',
      `stridedConv2d: x and weight must be NCHW and OIHW with as many input channels each ${shapes}.`,
    );
  }
  if (w.shape[2]! > 7 || w.shape[3]! > 7) {
    throw new ShapeError('E_SHAPE', `stridedConv2d: kernels are at most 7 pixels wide and high ${shapes}.`);
  }
  if (b && (b.shape.length !== 1 || b.shape[0] !== w.shape[0])) {
    throw new ShapeError(
      'E_SHAPE',
      `stridedConv2d: bias must be [${w.shape[0]}], one for each output channel ${shapes}.`,
    );
  }
}
