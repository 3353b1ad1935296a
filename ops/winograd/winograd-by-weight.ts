/**
 * conv2d_by_weight of a 3×3 kernel by Winograd's F(4×4, 3×3) or F(2×2, 3×3), as the CPU runs it: the adjoint of
 * winograd_conv2d, with as few multiplications. It is defined by the plain sums. Built by the rules in ops/rewrite, not
 * by hand.
 */
import { apply } from '../../engine/index.ts';
import type { Op, Tensor, TensorOf } from '../../engine/index.ts';
import type { Conv2dByWeightAttributes } from '../conv2d-by-weight/attributes.ts';
import { conv2dByWeightOp } from '../conv2d-by-weight/conv2d-by-weight.ts';
import type { WinogradByWeightAttributes, WinogradConv2dAttributes } from './attributes.ts';
import { winogradByWeightCpu } from './cpu/winograd-by-weight.ts';

const winogradByWeightOp: Op<WinogradByWeightAttributes> = {
  name: 'winograd_by_weight',
  operands: ['cotangent', 'x'],
  infer: (inputs, attributes) => conv2dByWeightOp.infer(inputs, attributes),
  reference: (call) => conv2dByWeightOp.reference(call),
  describe: (attributes) => `F(${attributes.outputs}, 3), ${conv2dByWeightOp.describe!(attributes)}`,
  macs({ inputs, output, attributes: { outputs } }) {
    const [batch, , height, width] = inputs[0]!.type.shape as [number, number, number, number];
    const tiles = batch * Math.ceil(height / outputs) * Math.ceil(width / outputs);
    return tiles * (outputs + 2) ** 2 * output.type.shape[0]! * output.type.shape[1]!;
  },
  kernels: { cpu: winogradByWeightCpu },
};

/** The same sums by Winograd, of a kernel of 3×3 with zeros all round. */
export function winogradByWeight(
  { inputs, attributes }: TensorOf<Conv2dByWeightAttributes>,
  outputs: WinogradConv2dAttributes['outputs'],
): Tensor {
  return apply(winogradByWeightOp, inputs, { ...attributes, outputs });
}
