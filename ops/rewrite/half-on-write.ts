/**
 * A result that is only wanted in halves is rounded by the convolution that writes it: no pass, and 8 channels a texel.
 */
import { isOf } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { castToHalfOp } from '../cast/cast.ts';
import { packedConv2dOp, withPackedInputs } from '../conv2d/packed-conv2d.ts';

export const halfOnWrite: Rule = {
  name: 'half_on_write',
  why: 'cast_to_half(packed_conv2d(x)) → one packed_conv2d that writes halves: a fragment makes 8 channels, not 4.',
  apply(tensor, { uses }) {
    if (tensor.op !== castToHalfOp) return undefined;
    const [convolution] = tensor.inputs as [Tensor];
    if (!isOf(convolution, packedConv2dOp) || uses(convolution) !== 1) return undefined;
    return withPackedInputs(convolution, {}, { dtype: 'f16' });
  },
};
