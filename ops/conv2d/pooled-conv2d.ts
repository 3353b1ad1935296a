/**
 * packed_conv2d 1×1 and the 2×2 max pool behind it in one draw: the encoder's groups end so, and the map before the
 * pool is never written. Built by the rule pool_on_write, not by hand.
 *
 * Inputs as packed_conv2d's with x [B, I, H, W] → [B, O, ⌊H/2⌋, ⌊W/2⌋]. A NaN in a window makes its result NaN.
 */
import { apply, sizeOf } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor, TensorOf, TensorType } from '../../engine/index.ts';
import { maxPool2dOp } from '../max-pool2d/max-pool2d.ts';
import { pooledConv2dCpu } from './cpu/packed-conv2d.ts';
import { pooledConv2dGl } from './gl/pooled-conv2d.ts';
import { computePackedConv2d, namePackedOperands, packedConv2dOp } from './packed-conv2d.ts';
import type { PackedConv2dAttributes } from './attributes.ts';

export const pooledConv2dOp: Op<PackedConv2dAttributes> = {
  name: 'pooled_conv2d',
  operands: namePackedOperands,
  infer: (inputs, attributes) => maxPool2dOp.infer([packedConv2dOp.infer(inputs, attributes)], { size: 2 }),
  reference: computePooled,
  describe: (attributes) => `${packedConv2dOp.describe!(attributes)}, 2×2 pool`,
  macs: ({ output, attributes: { weight } }) => 4 * sizeOf(output.type.shape) * weight[1],
  kernels: { webgl: pooledConv2dGl, cpu: pooledConv2dCpu },
};

/** A packed_conv2d with a 1×1 kernel and a residual of its own size, if any, pooled. */
export function poolConv2d({ inputs, attributes }: TensorOf<PackedConv2dAttributes>): Tensor {
  return apply(pooledConv2dOp, inputs, attributes);
}

function computePooled(call: ReferenceCall<PackedConv2dAttributes>): void {
  const whole: TensorType = packedConv2dOp.infer(call.inputTypes, call.attributes);
  const sums = new Float64Array(sizeOf(whole.shape));
  computePackedConv2d({ ...call, output: sums, outputType: whole });
  maxPool2dOp.reference({ ...call, inputs: [sums], inputTypes: [whole], attributes: { size: 2 } });
}
