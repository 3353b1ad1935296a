/** A softmax on WebGL in draws that walk each line once, where one draw walks it twice for each texel of the result. */
import { isOf } from '../../engine/index.ts';
import type { Rule } from '../../engine/index.ts';
import { softmaxBySums } from '../softmax/by-sums.ts';
import { softmaxOp } from '../softmax/softmax.ts';

/** Lines that are shorter cost less to walk again than further draws do. */
const FEWEST = 16;

export const splitSoftmax: Rule = {
  name: 'split_softmax',
  why: 'softmax(x) → the largest number and the sum of each line, and the result: lines are walked once each.',
  apply(tensor) {
    if (!isOf(tensor, softmaxOp)) return undefined;
    const { axis } = tensor.attributes;
    return tensor.shape[axis]! < FEWEST ? undefined : softmaxBySums(tensor.inputs[0]!, axis);
  },
};
