/**
 * Channels that a slice throws away need not be computed. A picture needs three of the decoder's six maps, so its last
 * convolution is made with three rows of its weight.
 */
import { isOf } from '../../engine/index.ts';
import type { Rule } from '../../engine/index.ts';
import { conv2d, conv2dOp } from '../conv2d/conv2d.ts';
import { sliceOp } from '../slice/slice.ts';
import { takeRows } from '../take-rows/take-rows.ts';

export const dropDeadChannels: Rule = {
  name: 'drop_dead_channels',
  why: 'slice(conv2d(x, w, b)) over channels → conv2d with those rows of w and b only.',
  apply(tensor, { uses }) {
    const convolution = tensor.inputs[0];
    if (!isOf(tensor, sliceOp) || convolution?.op !== conv2dOp || uses(convolution) !== 1) return undefined;
    const { begin, size } = tensor.attributes;
    const whole = convolution.shape.every((length, axis) => axis === 1 || size[axis] === length);
    const [x, ...weights] = convolution.inputs;
    if (!whole) return undefined;
    const rows = { first: begin[1]!, count: size[1]! };
    const [w, b] = weights.map((weight) => takeRows(weight, rows));
    return conv2d(x!, w!, b);
  },
};
