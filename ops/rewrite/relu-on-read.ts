/** A ReLU before a convolution costs nothing when each texel is clipped as it is read; its pass and texture go. */
import { isOf } from '../../engine/index.ts';
import type { Rule } from '../../engine/index.ts';
import { packedConv2dOp, withPackedInputs } from '../conv2d/packed-conv2d.ts';
import { reluOp } from '../elementwise/unary.ts';

export const reluOnRead: Rule = {
  name: 'relu_on_read',
  why: 'packed_conv2d(relu(x)) → packed_conv2d(x) that clips what it reads: one pass and one texture less.',
  apply(tensor) {
    if (!isOf(tensor, packedConv2dOp) || tensor.inputs[0]!.op !== reluOp) return undefined;
    return withPackedInputs(tensor, { x: tensor.inputs[0]!.inputs[0]! }, { reluInput: true });
  },
};
