/** The encoder's head: arg-max over the channels of a 1×1 convolution, without ever writing its logits. */
import { isOf } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { argmaxOp } from '../argmax/argmax.ts';
import { channelArgmax } from '../argmax/channel-argmax.ts';
import { packedConv2dOp } from '../conv2d/packed-conv2d.ts';

export const argmaxOnWrite: Rule = {
  name: 'argmax_on_write',
  why: 'argmax(packed_conv2d 1×1) over channels → the best of each chunk of channels, then the best of those.',
  apply(tensor, { uses }) {
    if (!isOf(tensor, argmaxOp)) return undefined;
    const [convolution] = tensor.inputs as [Tensor];
    if (!isOf(convolution, packedConv2dOp) || uses(convolution) !== 1) return undefined;
    const { attributes } = convolution;
    const [, , height, width] = attributes.weight;
    const overChannels = tensor.attributes.axis === 1 && attributes.strides === undefined;
    if (!overChannels || height !== 1 || width !== 1 || attributes.gain !== undefined) return undefined;
    return channelArgmax(convolution.inputs, attributes);
  },
};
