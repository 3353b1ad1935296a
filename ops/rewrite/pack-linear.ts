/** Puts the fast kernel of linear in place of the naive one: weights packed beforehand, by an op of its own. */
import { isDerived } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { linearOp } from '../linear/linear.ts';
import { packLinear, packedLinear } from '../linear/packed-linear.ts';
import type { PackedLinearAttributes } from '../linear/attributes.ts';

/** With fewer rows than this, packing a weight in each run reads more than the product by itself. */
const fewestRows = 8;

export const packLinears: Rule = {
  name: 'pack_linear',
  why: 'linear → packed_linear: four weight texels serve every row of a block, instead of one element a multiply.',
  apply(tensor) {
    if (tensor.op !== linearOp) return undefined;
    const [x, w, bias] = tensor.inputs as [Tensor, Tensor, Tensor?];
    if (!isDerived(w) && x.shape[0]! < fewestRows) return undefined;
    return packedLinear({ x, packed: packLinear(w), bias }, { weight: w.shape as PackedLinearAttributes['weight'] });
  },
};
