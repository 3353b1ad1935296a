/**
 * A 1×1 convolution of a one-hot picture picks columns of its weight: a table lookup. The decoder's first layer reads
 * one row of 128 numbers a token instead of multiplying 8,192 by 128, and the one-hot picture (33 MB at 32×32) is
 * never made.
 */
import { apply } from '../../engine/index.ts';
import type { Op, Rule } from '../../engine/index.ts';
import { conv2dOp } from '../conv2d/conv2d.ts';
import { gather } from '../gather/gather.ts';
import { oneHotOp } from '../one-hot/one-hot.ts';
import type { OneHotAttributes } from '../one-hot/attributes.ts';
import { countElementFetches, writeElementShader } from '../shader/fragment.ts';

/** Weight [D, V, 1, 1] and bias [D], if given, as a table [V, D] whose row v is w[:, v] + b. */
const lookupTableOp: Op<undefined> = {
  name: 'lookup_table',
  derives: true,
  infer: ([w]) => ({ shape: [w!.shape[1]!, w!.shape[0]!], dtype: 'f32' }),
  reference({ inputs, output, outputType }) {
    const [w, b] = inputs;
    const [rows, width] = outputType.shape as [number, number];
    for (let v = 0; v < rows; v++) {
      for (let d = 0; d < width; d++) output[v * width + d] = w![d * rows + v]! + (b ? b[d]! : 0);
    }
  },
  operands: ['weight', 'bias'],
  kernels: {
    webgl: {
      shader(call) {
        const bias = call.inputs.length > 1 ? ' + bias_at(0, c, 0, 0)' : '';
        const element = `float element(int n, int c, int y, int x) {\n  return weight_at(c, x, 0, 0)${bias};\n}`;
        return writeElementShader(call, 'a table of columns', element);
      },
      fetches: countElementFetches,
    },
  },
};

export const gatherOneHot: Rule = {
  name: 'gather_one_hot',
  why: 'conv2d 1×1 of one-hot → row gather: no multiplications, and no one-hot picture.',
  apply(tensor) {
    const [picture, ...weights] = tensor.inputs;
    if (tensor.op !== conv2dOp || picture!.op !== oneHotOp) return undefined;
    const [, , height, width] = weights[0]!.shape;
    if (height !== 1 || width !== 1 || (picture!.attributes as OneHotAttributes).axis !== 1) return undefined;
    return gather(apply(lookupTableOp, weights, undefined), picture!.inputs[0]!, 1);
  },
};
