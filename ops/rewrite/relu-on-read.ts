/**
 * A ReLU before a convolution costs nothing when each texel is clipped as it is read; its pass and texture go. Each
 * reader clips for itself, also the gradient by the weight, so that training keeps the map before the ReLU alone.
 */
import { isOf } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { packedConv2dOp, withPackedInputs } from '../conv2d/packed-conv2d.ts';
import { clipInput, conv2dByWeightOp } from '../conv2d-by-weight/conv2d-by-weight.ts';
import { reluOp } from '../elementwise/unary.ts';

export const reluOnRead: Rule = {
  name: 'relu_on_read',
  why: 'packed_conv2d(relu(x)) → packed_conv2d(x) that clips what it reads: one pass and one texture less.',
  apply(tensor) {
    if (isOf(tensor, packedConv2dOp)) {
      const [x] = tensor.inputs as [Tensor];
      return x.op === reluOp ? withPackedInputs(tensor, { x: x.inputs[0]! }, { reluInput: true }) : undefined;
    }
    if (!isOf(tensor, conv2dByWeightOp)) return undefined;
    const [, x] = tensor.inputs as [Tensor, Tensor];
    return x.op === reluOp ? clipInput(tensor, x.inputs[0]!) : undefined;
  },
};
