/**
 * Channels that a slice throws away need not be computed. A picture needs three of the decoder's six maps, so its last
 * convolution is made with three rows of its weight.
 */
import { apply } from '../../engine/index.ts';
import type { Op, Rule } from '../../engine/index.ts';
import { conv2d, conv2dOp } from '../conv2d/conv2d.ts';
import { countElementFetches, offset, writeElementShader } from '../shader/fragment.ts';
import { gridArguments, logicalIndices } from '../shader/indices.ts';
import { sliceOp } from '../slice/slice.ts';
import type { SliceAttributes } from '../slice/attributes.ts';

interface TakeRowsAttributes {
  readonly first: number;
  readonly count: number;
}

/** Rows first … first + count − 1 along the first axis of a weight or bias. */
const takeRowsOp: Op<TakeRowsAttributes> = {
  name: 'take_rows',
  derives: true,
  infer: ([w], { count }) => ({ shape: [count, ...w!.shape.slice(1)], dtype: w!.dtype }),
  reference({ inputs, output, attributes: { first, count } }) {
    const row = output.length / count;
    output.set(inputs[0]!.subarray(first * row, (first + count) * row));
  },
  operands: ['weight'],
  kernels: {
    webgl: {
      shader(call) {
        const [row, ...others] = logicalIndices(call.output.type.shape.length) as [string, ...string[]];
        const from = gridArguments([`(${offset(row, call.attributes.first)})`, ...others]);
        const element = `float element(int n, int c, int y, int x) {\n  return weight_at(${from});\n}`;
        return writeElementShader(call, 'take rows', element);
      },
      fetches: countElementFetches,
    },
  },
};

export const dropDeadChannels: Rule = {
  name: 'drop_dead_channels',
  why: 'slice(conv2d(x, w, b)) over channels → conv2d with those rows of w and b only.',
  apply(tensor, { uses }) {
    const convolution = tensor.inputs[0];
    if (tensor.op !== sliceOp || convolution?.op !== conv2dOp || uses(convolution) !== 1) return undefined;
    const { begin, size } = tensor.attributes as SliceAttributes;
    const whole = convolution.shape.every((length, axis) => axis === 1 || size[axis] === length);
    const [x, ...weights] = convolution.inputs;
    if (!whole) return undefined;
    const rows = { first: begin[1]!, count: size[1]! };
    const [w, b] = weights.map((weight) => apply(takeRowsOp, [weight], rows));
    return conv2d(x!, w!, b);
  },
};
