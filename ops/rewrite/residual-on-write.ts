/** The residual sum of a block is written by the convolution that ends it: one pass and one texture less. */
import { sameShape } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { packedConv2dOp, withPackedInputs } from '../conv2d/packed-conv2d.ts';
import type { PackedConv2dAttributes } from '../conv2d/attributes.ts';
import { addOp, scaleAddOp } from '../elementwise/binary.ts';
import { upsampleNearest2dOp } from '../upsample-nearest2d/upsample-nearest2d.ts';
import type { UpsampleNearest2dAttributes } from '../upsample-nearest2d/attributes.ts';

export const residualOnWrite: Rule = {
  name: 'residual_on_write',
  why: 'id + gain · packed_conv2d(x) → one packed_conv2d that reads id as it writes, from a smaller id where it was to be upsampled.',
  apply(tensor, { uses }) {
    const sum = readSum(tensor);
    if (!sum || sum.res.op !== packedConv2dOp || uses(sum.res) !== 1) return undefined;
    const attributes = sum.res.attributes as PackedConv2dAttributes;
    if (attributes.gain !== undefined || !sameShape(sum.id.shape, sum.res.shape)) return undefined;
    if (sum.id.op === upsampleNearest2dOp) {
      const { scale } = sum.id.attributes as UpsampleNearest2dAttributes;
      return withPackedInputs(sum.res, { residual: sum.id.inputs[0]! }, { gain: sum.gain, residualScale: scale });
    }
    return withPackedInputs(sum.res, { residual: sum.id }, { gain: sum.gain });
  },
};

function readSum(tensor: Tensor): { id: Tensor; res: Tensor; gain: number } | undefined {
  const [id, res] = tensor.inputs as [Tensor, Tensor];
  if (tensor.op === scaleAddOp) return { id, res, gain: (tensor.attributes as { gain: number }).gain };
  return tensor.op === addOp ? { id, res, gain: 1 } : undefined;
}
