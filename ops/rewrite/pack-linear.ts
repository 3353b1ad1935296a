/** Puts the fast kernel of linear in place of the naive one: weights packed once, before upload. */
import { isFoldable } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { linearOp } from '../linear/linear.ts';
import { packLinear, packedLinear } from '../linear/packed-linear.ts';
import type { PackedLinearAttributes } from '../linear/packed-linear.ts';

export const packLinears: Rule = {
  name: 'pack_linear',
  why: 'linear → packed_linear: four weight texels serve every row of a block, instead of one element a multiply.',
  apply(tensor) {
    if (tensor.op !== linearOp) return undefined;
    const [x, w, bias] = tensor.inputs as [Tensor, Tensor, Tensor?];
    if (!isFoldable(w)) return undefined; // packing happens on the CPU, before upload
    return packedLinear({ x, packed: packLinear(w), bias }, { weight: w.shape as PackedLinearAttributes['weight'] });
  },
};
