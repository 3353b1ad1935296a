/**
 * Aᵀ M A, one axis at a time: t numbers that lie t images apart become m pixels along an axis. First along W, then
 * along H, where bias and residual join, as a convolution ends.
 *
 * x [t·N, P·C, H, W] → along W [N, C, H, size]; along H [N, C, size, W]. With P phases (upsampled.ts) the P results of
 * a place lie C channels apart and become neighbours: the picture grows P times along the axis.
 */
import { apply } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import { roundResult } from '../cast/half.ts';
import type { InverseAttributes } from './attributes.ts';
import { winogradInverseGl } from './gl/inverse.ts';

type Sizes = [images: number, channels: number, height: number, width: number];

const winogradInverseOp: Op<InverseAttributes> = {
  name: 'winograd_inverse',
  operands: ({ bias, gain }) => ['products', ...(bias ? ['bias'] : []), ...(gain === undefined ? [] : ['residual'])],
  infer([x], { axis, matrices, size, phases, dtype }) {
    const [images, channels, height, width] = x!.shape as Sizes;
    const [h, w] = axis === 'h' ? [size, width] : [height, size];
    return { shape: [images / matrices.tile, channels / phases, h, w], dtype };
  },
  reference: computeInverse,
  describe({ axis, matrices, phases, bias, gain }) {
    const words = [`F(${matrices.outputs}, 3) along ${axis}`];
    if (phases > 1) words.push(`${phases} phases`);
    if (bias) words.push('bias');
    if (gain !== undefined) words.push(`residual, gain ${gain}`);
    return words.join(', ');
  },
  kernels: { webgl: winogradInverseGl },
};

/** `extras`: the bias, then the residual, where the attributes say that they are there. */
export function winogradInverse(x: Tensor, extras: readonly Tensor[], attributes: InverseAttributes): Tensor {
  return apply(winogradInverseOp, [x, ...extras], attributes);
}

function computeInverse({
  inputs,
  inputTypes,
  output,
  outputType,
  attributes,
}: ReferenceCall<InverseAttributes>): void {
  const { axis, matrices, phases, bias, gain, residualScale } = attributes;
  const [, , height, width] = inputTypes[0]!.shape as Sizes;
  const [images, channels, outHeight, outWidth] = outputType.shape as Sizes;
  const planes = images * channels;
  const residual = inputs[inputs.length - 1]!;
  for (let plane = 0, to = 0; plane < planes; plane++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++, to++) {
        const along = axis === 'h' ? y : x;
        const row = Math.floor(along / phases) % matrices.outputs;
        const tile = Math.floor(along / phases / matrices.outputs);
        const [tileY, tileX] = axis === 'h' ? [tile, x] : [y, tile];
        const image = Math.floor(plane / channels);
        const source = (image * phases + (along % phases)) * channels + (plane % channels);
        let sum = bias ? inputs[1]![plane % channels]! : 0;
        for (let u = 0; u < matrices.tile; u++) {
          sum +=
            matrices.output[row]![u]! * inputs[0]![((u * planes * phases + source) * height + tileY) * width + tileX]!;
        }
        const from = Math.floor((plane * outHeight + y) / residualScale) * (outWidth / residualScale);
        output[to] = gain === undefined ? sum : residual[from + Math.floor(x / residualScale)]! + gain * sum;
      }
    }
  }
  roundResult(output, outputType);
}
