/** A group norm's sums run over whole maps, so its draws are several: no fragment sums more than a box of a map. */
import { isOf } from '../../engine/index.ts';
import type { Rule } from '../../engine/index.ts';
import { groupNormOp } from '../group-norm/group-norm.ts';
import { splitGroupNorm as split } from '../group-norm/split-group-norm.ts';

export const splitGroupNorm: Rule = {
  name: 'split_group_norm',
  why: 'group_norm(x) → five draws that share its sums out, where each fragment of one would sum whole maps again.',
  apply: (tensor) => (isOf(tensor, groupNormOp) ? split(tensor) : undefined),
};
