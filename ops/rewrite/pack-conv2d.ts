/**
 * Puts the fast kernel in place of the naive one. Weights are packed by an op of its own, once where they are
 * constants, after each change where they are states, and in each run where an input changes them: reading them once is
 * little beside the sums.
 */
import { isFoldable, isOf } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { conv2dOp } from '../conv2d/conv2d.ts';
import { packWeights, packedConv2d } from '../conv2d/packed-conv2d.ts';
import { stridedConv2dOp } from '../conv2d/strided-conv2d.ts';
import type { PackedConv2dAttributes } from '../conv2d/attributes.ts';

export const packConv2d: Rule = {
  name: 'pack_conv2d',
  why: 'conv2d → packed_conv2d: four weight texels serve every pixel of a block, instead of one element a multiply.',
  apply(tensor) {
    return pack(tensor, tensor.inputs[0]?.dtype === 'f16' ? 8 : 4); // channels in a texel
  },
};

export const packConv2dForCpu: Rule = {
  name: 'pack_conv2d',
  why: 'conv2d → packed_conv2d: weights lie in the order in which the kernel reads them, and fit its registers.',
  apply: (tensor) => pack(tensor, 1),
};

function pack(tensor: Tensor, lanes: PackedConv2dAttributes['lanes']): Tensor | undefined {
  const strides = isOf(tensor, stridedConv2dOp) ? tensor.attributes : undefined;
  if (tensor.op !== conv2dOp && !strides) return undefined;
  const [x, w, bias] = tensor.inputs;
  // Nobody can see to it that halves which change are finite (halves.ts).
  if (w!.dtype === 'f16' && !isFoldable(w!)) return undefined;
  return packedConv2d(
    { x: x!, packed: packWeights(w!, lanes), ...(bias && { bias }) },
    {
      lanes,
      dtype: 'f32',
      weight: w!.shape as PackedConv2dAttributes['weight'],
      reluInput: false,
      bias: bias !== undefined,
      gain: undefined,
      residualScale: 1,
      ...(strides && { strides }),
    },
  );
}
