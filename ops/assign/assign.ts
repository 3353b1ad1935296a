/**
 * assign: a State is given new numbers, all of them, in place. What is derived of it, such as a packed weight, is made
 * anew by the next run that reads it. state S [...], value of the same type → the state as it is then.
 */
import { argumentError } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { State, apply, formatShape, sameShape } from '../../engine/index.ts';
import type { Op, Tensor } from '../../engine/index.ts';
import { assignCpu } from './cpu/assign.ts';
import { assignGl } from './gl/assign.ts';

export const assignOp: Op<undefined> = {
  name: 'assign',
  operands: ['value'],
  infer([state, value]) {
    if (sameShape(state!.shape, value!.shape) && state!.dtype === value!.dtype) return state!;
    throw new ShapeError(
      'E_SHAPE',
      `assign: the state is ${state!.dtype} ${formatShape(state!.shape)}, the value ${value!.dtype} ` +
        `${formatShape(value!.shape)}. They must be of one type: a State keeps that of its beginning.`,
    );
  },
  redraws: () => 'all',
  reference: ({ inputs, output }) => output.set(inputs[1]!),
  kernels: { webgl: assignGl, cpu: assignCpu },
};

/**
 * The state with the numbers of `value`, for all plans that read it. In the plan itself nothing else may read the state
 * but through this result.
 * @throws UsageError `E_ARGUMENT` unless it is a State, ShapeError `E_SHAPE` for a value of another type
 */
export function assign(state: State, value: Tensor): Tensor {
  if (!(state instanceof State)) throw argumentError('assign', 'a State', state);
  return apply(assignOp, [state.tensor, value], undefined);
}
