/** The residual sum of a block is written by the convolution that ends it: one pass and one texture less. */
import { isOf, sameShape } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { packedConv2dOp, withPackedInputs } from '../conv2d/packed-conv2d.ts';
import { addOp, scaleAddOp } from '../elementwise/binary.ts';
import { upsampleNearest2dOp } from '../upsample-nearest2d/upsample-nearest2d.ts';

export const residualOnWrite: Rule = {
  name: 'residual_on_write',
  why: 'id + gain · packed_conv2d(x) → one packed_conv2d that reads id as it writes, from a smaller id where it was to be upsampled.',
  apply(tensor, { uses }) {
    const sum = readSum(tensor);
    if (!sum) return undefined;
    const { id, res, gain } = sum;
    if (!isOf(res, packedConv2dOp) || uses(res) !== 1) return undefined;
    if (res.attributes.gain !== undefined || !sameShape(id.shape, res.shape)) return undefined;
    if (!isOf(id, upsampleNearest2dOp)) return withPackedInputs(res, { residual: id }, { gain });
    return withPackedInputs(res, { residual: id.inputs[0]! }, { gain, residualScale: id.attributes.scale });
  },
};

function readSum(tensor: Tensor): { id: Tensor; res: Tensor; gain: number } | undefined {
  const [id, res] = tensor.inputs as [Tensor, Tensor];
  if (isOf(tensor, scaleAddOp)) return { id, res, gain: tensor.attributes.gain };
  return tensor.op === addOp ? { id, res, gain: 1 } : undefined;
}
