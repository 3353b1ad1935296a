/** The SiLU behind a group norm is applied as its result is written. */
import { apply, isOf } from '../../engine/index.ts';
import type { Rule } from '../../engine/index.ts';
import { siluOp } from '../elementwise/unary.ts';
import { groupNormOp } from '../group-norm/group-norm.ts';

export const siluOnWrite: Rule = {
  name: 'silu_on_write',
  why: 'silu(group_norm(x)) → one group_norm that writes it: one pass and one map less.',
  apply(tensor, { uses }) {
    if (tensor.op !== siluOp) return undefined;
    const [norm] = tensor.inputs;
    if (!isOf(norm!, groupNormOp) || uses(norm) !== 1 || norm.attributes.activation !== 'none') return undefined;
    return apply(groupNormOp, norm.inputs, { ...norm.attributes, activation: 'silu' });
  },
};
