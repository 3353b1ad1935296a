/**
 * Bᵀ d B, one axis at a time: every tile of t pixels along an axis, `outputs` apart and one pixel before the first,
 * becomes t numbers, which lie t images apart. First along H, then along W.
 *
 * x [N, C, H, W] → along H [t·N, C, ⌈H/m⌉, W]; along W [t·N, C, H, ⌈W/m⌉]. Image u·N + n holds row u of Bᵀ d.
 */
import { apply } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import { roundResult } from '../cast/half.ts';
import type { ForwardAttributes } from './attributes.ts';
import { winogradForwardGl } from './gl/forward.ts';

type Sizes = [images: number, channels: number, height: number, width: number];

const winogradForwardOp: Op<ForwardAttributes> = {
  name: 'winograd_forward',
  operands: ['x'],
  infer([x], { axis, matrices, dtype }) {
    const [images, channels, height, width] = x!.shape as Sizes;
    const tiles = (size: number): number => Math.ceil(size / matrices.outputs);
    const [h, w] = axis === 'h' ? [tiles(height), width] : [height, tiles(width)];
    return { shape: [matrices.tile * images, channels, h, w], dtype };
  },
  reference: computeForward,
  describe: ({ axis, matrices, reluInput }) => {
    return `F(${matrices.outputs}, 3) along ${axis}${reluInput ? ', relu on read' : ''}`;
  },
  kernels: { webgl: winogradForwardGl },
};

export function winogradForward(x: Tensor, attributes: ForwardAttributes): Tensor {
  return apply(winogradForwardOp, [x], attributes);
}

function computeForward({
  inputs,
  inputTypes,
  output,
  outputType,
  attributes,
}: ReferenceCall<ForwardAttributes>): void {
  const { axis, matrices, reluInput } = attributes;
  const [images, channels, height, width] = inputTypes[0]!.shape as Sizes;
  const [, , outHeight, outWidth] = outputType.shape as Sizes;
  const planes = images * channels;
  const read = (plane: number, y: number, x: number): number => {
    if (y < 0 || y >= height || x < 0 || x >= width) return 0;
    const value = inputs[0]![(plane * height + y) * width + x]!;
    return reluInput ? Math.max(value, 0) : value;
  };
  for (let u = 0, to = 0; u < matrices.tile; u++) {
    for (let plane = 0; plane < planes; plane++) {
      for (let y = 0; y < outHeight; y++) {
        for (let x = 0; x < outWidth; x++, to++) {
          let sum = 0;
          for (let i = 0; i < matrices.tile; i++) {
            const [fromY, fromX] = axis === 'h' ? [y * matrices.outputs + i - 1, x] : [y, x * matrices.outputs + i - 1];
            sum += matrices.input[u]![i]! * read(plane, fromY, fromX);
          }
          output[to] = sum;
        }
      }
    }
  }
  roundResult(output, outputType);
}
