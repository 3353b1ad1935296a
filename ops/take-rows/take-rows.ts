/**
 * take_rows: rows first … first + count − 1 along the first axis of a weight or bias, w [O, …] → [count, …]. A slice
 * that is made beforehand where the weight does not change. Built by the rule drop_dead_channels, not by hand.
 */
import { apply } from '../../engine/index.ts';
import type { Op, Tensor } from '../../engine/index.ts';
import type { TakeRowsAttributes } from './attributes.ts';
import { takeRowsGl } from './gl/take-rows.ts';

export const takeRowsOp: Op<TakeRowsAttributes> = {
  name: 'take_rows',
  operands: ['weight'],
  derives: true,
  infer: ([w], { count }) => ({ shape: [count, ...w!.shape.slice(1)], dtype: w!.dtype }),
  reference({ inputs, output, attributes: { first, count } }) {
    const row = output.length / count;
    output.set(inputs[0]!.subarray(first * row, (first + count) * row));
  },
  kernels: { webgl: takeRowsGl },
};

/** w [O, …] → [count, …], of rows that it has. */
export function takeRows(w: Tensor, attributes: TakeRowsAttributes): Tensor {
  return apply(takeRowsOp, [w], attributes);
}
