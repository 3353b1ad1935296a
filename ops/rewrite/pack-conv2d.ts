/** Puts the fast kernel in place of the naive one: weights packed once, before upload. */
import { isFoldable } from '../../engine/index.ts';
import type { Rule } from '../../engine/index.ts';
import { conv2dOp } from '../conv2d/conv2d.ts';
import { packWeights, packedConv2d } from '../conv2d/packed-conv2d.ts';
import type { PackedConv2dAttributes } from '../conv2d/packed-conv2d.ts';

export const packConv2d: Rule = {
  name: 'pack_conv2d',
  why: 'conv2d → packed_conv2d: four weight texels serve every pixel of a block, instead of one element a multiply.',
  apply(tensor) {
    if (tensor.op !== conv2dOp) return undefined;
    const [x, w, bias] = tensor.inputs;
    if (!isFoldable(w!)) return undefined; // packing happens on the CPU, before upload
    const lanes = x!.dtype === 'f16' ? 8 : 4; // channels in a texel
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
      },
    );
  },
};
