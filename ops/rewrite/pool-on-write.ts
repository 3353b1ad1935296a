/** The 2×2 pool that ends a group of the encoder is taken by the 1×1 convolution before it, as it writes. */
import type { Rule } from '../../engine/index.ts';
import { packedConv2dOp } from '../conv2d/packed-conv2d.ts';
import type { PackedConv2dAttributes } from '../conv2d/attributes.ts';
import { poolConv2d } from '../conv2d/pooled-conv2d.ts';
import { maxPool2dOp } from '../max-pool2d/max-pool2d.ts';
import type { MaxPool2dAttributes } from '../max-pool2d/attributes.ts';

export const poolOnWrite: Rule = {
  name: 'pool_on_write',
  why: 'max_pool2d(packed_conv2d 1×1) → one pass that writes the largest of each window: no map before the pool.',
  apply(tensor, { uses }) {
    const [convolution] = tensor.inputs;
    if (tensor.op !== maxPool2dOp || convolution!.op !== packedConv2dOp || uses(convolution!) !== 1) return undefined;
    const { weight, residualScale } = convolution!.attributes as PackedConv2dAttributes;
    const isSimple = weight[2] === 1 && weight[3] === 1 && residualScale === 1;
    // Halves have a kernel of their own for both, which reads less than this one would.
    if ([convolution!, ...convolution!.inputs].some(({ dtype }) => dtype === 'f16')) return undefined;
    return isSimple && (tensor.attributes as MaxPool2dAttributes).size === 2 ? poolConv2d(convolution!) : undefined;
  },
};
