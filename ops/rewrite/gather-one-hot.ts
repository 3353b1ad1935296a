/**
 * A 1×1 convolution of a one-hot picture picks columns of its weight: a table lookup. The decoder's first layer reads
 * one row of 128 numbers a token instead of multiplying 8,192 by 128, and the one-hot picture (33 MB at 32×32) is
 * never made.
 */
import { isOf } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { conv2dOp } from '../conv2d/conv2d.ts';
import { gather } from '../gather/gather.ts';
import { lookupTable } from '../lookup-table/lookup-table.ts';
import { oneHotOp } from '../one-hot/one-hot.ts';

export const gatherOneHot: Rule = {
  name: 'gather_one_hot',
  why: 'conv2d 1×1 of one-hot → row gather: no multiplications, and no one-hot picture.',
  apply(tensor) {
    const [picture, w, b] = tensor.inputs as [Tensor, Tensor, Tensor?];
    if (tensor.op !== conv2dOp || !isOf(picture, oneHotOp)) return undefined;
    const [, , height, width] = w.shape;
    if (height !== 1 || width !== 1 || picture.attributes.axis !== 1) return undefined;
    return gather(lookupTable(w, b), picture.inputs[0]!, 1);
  },
};
