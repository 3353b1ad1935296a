/**
 * assign: a State is given new numbers, all of them, when the run ends. Until then all that read it find what it was,
 * and a run that is stopped, or fails, has changed nothing. What is derived of it, such as a packed weight, is made
 * anew by the next run that reads it. state S [...], value of the same type → the value.
 */
import { argumentError } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { State, apply, checkTensor, formatShape, isOf, sameShape, stateOp } from '../../engine/index.ts';
import type { Op, Tensor } from '../../engine/index.ts';
import { reshapeOp } from '../reshape/reshape.ts';
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
  assigns: true,
  reference: ({ inputs, output }) => output.set(inputs.at(-1)!), // a run does not read the state
  kernels: { webgl: assignGl, cpu: assignCpu },
};

/**
 * `value`, which the state becomes when the run ends, for all plans that read it. All that a run assigns changes at
 * once. Return it, or list it among the effects of what you return: a tensor that nobody asks for is not computed.
 * @throws UsageError `E_ARGUMENT` unless it is a State, ShapeError `E_SHAPE` for a value of another type
 */
export function assign(state: State, value: Tensor): Tensor {
  if (!(state instanceof State)) throw argumentError('assign', 'a State', state);
  checkTensor('assign', value);
  // What another state is may be assigned too by this run: it is copied before anything changes.
  const apart = isOf(value, stateOp) ? apply(reshapeOp, [value], { shape: value.shape }) : value;
  return apply(assignOp, [state.tensor, apart], undefined);
}
