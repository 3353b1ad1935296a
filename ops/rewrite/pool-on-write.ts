/** The 2×2 pool that ends a group of the encoder is taken by the 1×1 convolution before it, as it writes. */
import { isOf } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { packedConv2dOp } from '../conv2d/packed-conv2d.ts';
import { poolConv2d } from '../conv2d/pooled-conv2d.ts';
import { maxPool2dOp } from '../max-pool2d/max-pool2d.ts';

export const poolOnWrite: Rule = {
  name: 'pool_on_write',
  why: 'max_pool2d(packed_conv2d 1×1) → one pass that writes the largest of each window: no map before the pool.',
  apply(tensor, { uses }) {
    if (!isOf(tensor, maxPool2dOp)) return undefined;
    const [convolution] = tensor.inputs as [Tensor];
    if (!isOf(convolution, packedConv2dOp) || uses(convolution) !== 1) return undefined;
    const { weight, residualScale, strides } = convolution.attributes;
    const isSimple = weight[2] === 1 && weight[3] === 1 && residualScale === 1 && strides === undefined;
    // Halves have a kernel of their own for both, which reads less than this one would.
    if ([convolution, ...convolution.inputs].some(({ dtype }) => dtype === 'f16')) return undefined;
    return isSimple && tensor.attributes.size === 2 ? poolConv2d(convolution) : undefined;
  },
};
