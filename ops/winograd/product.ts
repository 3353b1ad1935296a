/**
 * The multiplication in the transformed domain: for each of the t² images of a tile position its own matrix over
 * channels. x [t²·B, I, TH, TW], weights [t², O, ⌈I/L⌉, L] with L channels in a texel of x, 4 or 8 → [t²·B, O, TH, TW].
 * The kernel is conv2d's, with one tap.
 */
import { apply, sizeOf } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import { roundResult } from '../cast/half.ts';
import type { WinogradProductAttributes } from './attributes.ts';
import { winogradProductGl } from './gl/product.ts';

const winogradProductOp: Op<WinogradProductAttributes> = {
  name: 'winograd_product',
  operands: ['x', 'packed'],
  infer([x, weights]) {
    const [images, , height, width] = x!.shape as [number, number, number, number];
    return { shape: [images, weights!.shape[1]!, height, width], dtype: weights!.dtype };
  },
  reference: computeProduct,
  macs: ({ output, attributes: { inChannels } }) => sizeOf(output.type.shape) * inChannels,
  kernels: { webgl: winogradProductGl },
};

export function winogradProduct(x: Tensor, weights: Tensor): Tensor {
  return apply(winogradProductOp, [x, weights], { inChannels: x.shape[1]! });
}

function computeProduct({ inputs, inputTypes, output, outputType }: ReferenceCall<WinogradProductAttributes>): void {
  const [images, inChannels, height, width] = inputTypes[0]!.shape as [number, number, number, number];
  const outChannels = outputType.shape[1]!;
  const rowLength = inputTypes[1]!.shape[2]! * inputTypes[1]!.shape[3]!;
  const batch = images / inputTypes[1]!.shape[0]!;
  const pixels = height * width;
  const sums = new Float64Array(pixels);
  for (let n = 0; n < images; n++) {
    for (let o = 0; o < outChannels; o++) {
      sums.fill(0);
      for (let i = 0; i < inChannels; i++) {
        const weight = inputs[1]![(Math.floor(n / batch) * outChannels + o) * rowLength + i]!;
        const from = (n * inChannels + i) * pixels;
        for (let p = 0; p < pixels; p++) sums[p]! += weight * inputs[0]![from + p]!;
      }
      output.set(sums, (n * outChannels + o) * pixels);
    }
  }
  roundResult(output, outputType);
}
