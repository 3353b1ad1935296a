/**
 * packed_conv2d 3×3 by Winograd's F(4×4, 3×3) or F(2×2, 3×3) in one op, as the CPU runs it: all three stages of some
 * tiles lie in its cache. It is defined by the plain convolution, and so is its packed weight; what the kernels keep in
 * the place of both is told in cpu/. Built by the rules in ops/rewrite, not by hand.
 */
import { apply } from '../../engine/index.ts';
import type { Op, Tensor, TensorOf } from '../../engine/index.ts';
import { computePackedConv2d, namePackedOperands, packedConv2dOp } from '../conv2d/packed-conv2d.ts';
import type { PackedConv2dAttributes } from '../conv2d/attributes.ts';
import type { PackWinogradAttributes, WinogradConv2dAttributes } from './attributes.ts';
import { packWinogradCpu } from './cpu/pack-winograd.ts';
import { winogradConv2dCpu } from './cpu/winograd-conv2d.ts';

/** [O, I, 3, 3] → [1, O, I·3, 3]: element by element. */
const packWinogradOp: Op<PackWinogradAttributes> = {
  name: 'pack_winograd',
  derives: true,
  operands: ['weight'],
  infer: (_inputs, { weight: [outChannels, inChannels] }) => ({
    shape: [1, outChannels, inChannels * 3, 3],
    dtype: 'f32',
  }),
  reference({ inputs, output }) {
    output.set(inputs[0]!);
  },
  describe: ({ outputs }) => `F(${outputs}, 3)`,
  kernels: { cpu: packWinogradCpu },
};

const winogradConv2dOp: Op<WinogradConv2dAttributes> = {
  name: 'winograd_conv2d',
  operands: namePackedOperands,
  infer: (inputs, attributes) => packedConv2dOp.infer(inputs, attributes),
  reference: computePackedConv2d,
  describe: (attributes) => `F(${attributes.outputs}, 3), ${packedConv2dOp.describe!(attributes)}`,
  macs({ output, attributes: { weight, outputs } }) {
    const [batch, outChannels, height, width] = output.type.shape as [number, number, number, number];
    const tiles = batch * Math.ceil(height / outputs) * Math.ceil(width / outputs);
    return tiles * (outputs + 2) ** 2 * weight[1] * outChannels;
  },
  kernels: { cpu: winogradConv2dCpu },
};

/** The same convolution by Winograd, with the plain weight of which the packed one was made. */
export function winogradConv2d(
  { inputs, attributes }: TensorOf<PackedConv2dAttributes>,
  weight: Tensor,
  outputs: WinogradConv2dAttributes['outputs'],
): Tensor {
  const [x, , ...rest] = inputs as [Tensor, Tensor, ...Tensor[]];
  const packed = apply(packWinogradOp, [weight], { weight: attributes.weight, outputs });
  return apply(winogradConv2dOp, [x, packed, ...rest], { ...attributes, outputs });
}
