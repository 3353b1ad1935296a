/**
 * Elementwise ops over what is known of each line of x (sum-exponentials.ts): softmax itself, where a device would
 * else walk a line for each of its elements; its logarithm; and what backward goes from softmax to x. The numbers of
 * lines have size 1 along the axis, and broadcast.
 */
import { apply, resolveAxis, checkTensor } from '../../engine/index.ts';
import type { Op, Tensor } from '../../engine/index.ts';
import { FUNCTION_GRAIN } from '../elementwise/cpu/elementwise.ts';
import { defineElementwise } from '../elementwise/elementwise.ts';
import { log } from '../elementwise/unary.ts';
import { sumProducts } from '../reduce/sum-products.ts';
import { sumLines } from './sum-exponentials.ts';
import { logSoftmaxFormula, softmaxBySumsFormula, softmaxByXFormula } from './gl/by-sums.ts';

export const softmaxBySumsOp: Op<undefined> = defineElementwise({
  name: 'softmax_by_sums',
  operands: ['x', 'largest', 'total'],
  compute: ([x, largest, total]) => Math.exp(x! - largest!) / total!,
  webgl: softmaxBySumsFormula,
  cpu: { kernel: 'softmax_by_sums', grain: FUNCTION_GRAIN },
});

/** softmax along an axis, of three ops that walk no line more than once each. */
export function softmaxBySums(x: Tensor, axis: number): Tensor {
  const { largest, total } = sumLines(x, axis);
  return apply(softmaxBySumsOp, [x, largest, total], undefined);
}

interface LogSoftmaxAttributes {
  readonly axis: number;
}

export const logSoftmaxOp: Op<LogSoftmaxAttributes> = defineElementwise<LogSoftmaxAttributes>({
  name: 'log_softmax',
  operands: ['x', 'largest', 'log_total'],
  compute: ([x, largest, logTotal]) => x! - largest! - logTotal!,
  webgl: logSoftmaxFormula,
  cpu: { kernel: 'log_softmax' },
  describe: ({ axis }) => `axis ${axis}`,
});

/**
 * The logarithm of softmax along an axis [−1], as `torch.log_softmax(x, dim)`: x of rank 1 to 4 → the same shape. It
 * stays finite where softmax underflows to 0.
 * @throws ShapeError `E_ATTRIBUTE` for an axis that x does not have: a scalar has none.
 */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  checkTensor('logSoftmax', x);
  const along = resolveAxis('logSoftmax', axis, x.shape.length);
  const { largest, total } = sumLines(x, along);
  return apply(logSoftmaxOp, [x, largest, log(total)], { axis: along });
}

export const softmaxByXOp: Op<undefined> = defineElementwise({
  name: 'softmax_by_x',
  operands: ['cotangent', 'result', 'share'],
  compute: ([cotangent, result, share]) => result! * (cotangent! - share!),
  webgl: softmaxByXFormula,
  cpu: { kernel: 'softmax_by_x' },
});

/** The gradient by x of a softmax along an axis, from that of its result and the result: y·(g − Σ g·y). */
export function softmaxByX(cotangent: Tensor, result: Tensor, axis: number): Tensor {
  return apply(softmaxByXOp, [cotangent, result, sumProducts(cotangent, result, axis)], undefined);
}
