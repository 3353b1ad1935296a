/**
 * A result that is only wanted in halves is rounded by the convolution that writes it: no pass, and 8 channels a texel.
 */
import type { Rule } from '../../engine/index.ts';
import { castToHalfOp } from '../cast/cast.ts';
import { packedConv2dOp, withPackedInputs } from '../conv2d/packed-conv2d.ts';

export const halfOnWrite: Rule = {
  name: 'half_on_write',
  why: 'cast_to_half(packed_conv2d(x)) → one packed_conv2d that writes halves: a fragment makes 8 channels, not 4.',
  apply(tensor, { uses }) {
    const convolution = tensor.inputs[0];
    if (tensor.op !== castToHalfOp || convolution!.op !== packedConv2dOp || uses(convolution!) !== 1) return undefined;
    return withPackedInputs(convolution!, {}, { dtype: 'f16' });
  },
};
