/**
 * What a function says about its own gradient: that none passes here, or that a part of it is computed once more for
 * the way back instead of being kept. Plans leave both out (Op.transparent).
 */
import { checkFunction } from '../base/check-argument.ts';
import { mapGraph } from './graph.ts';
import type { Op } from './op.ts';
import { Tensor, apply, checkTensor, checkTensors } from './tensor.ts';

const seenThrough = {
  transparent: true,
  infer: ([x]: Parameters<Op['infer']>[0]) => x!,
  reference: ({ inputs, output }: Parameters<Op['reference']>[0]) => output.set(inputs[0]!),
} satisfies Partial<Op>;

export const stopGradientOp: Op = { name: 'stop_gradient', ...seenThrough };

/** The result, and then what it was made of. */
export const checkpointOp: Op = { name: 'checkpoint', ...seenThrough };

/** x, through which no gradient passes: the road from a loss ends here. */
export function stopGradient(x: Tensor): Tensor {
  checkTensor('stopGradient', x);
  return apply(stopGradientOp, [x], undefined);
}

/**
 * `f` of the inputs, of which a training step keeps the inputs only: the way back computes `f` once more, for as much
 * memory less. Weights that `f` reads besides need not be among the inputs.
 */
export function checkpoint(f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): Tensor {
  checkFunction('checkpoint', 'f', f);
  checkTensors('checkpoint', 'inputs', inputs);
  const result = f(...inputs);
  checkTensor('checkpoint', result);
  return apply(checkpointOp, [result, ...inputs], undefined);
}

/**
 * A graph once more: what `result` is made of, with other tensors in the place of some. What is made of none of them
 * stays as it is; the rest, in the order of computation, is `made`.
 */
export function rebuild(
  result: Tensor,
  replacements: ReadonlyMap<Tensor, Tensor>,
): { readonly root: Tensor; readonly made: readonly Tensor[] } {
  const made: Tensor[] = [];
  const [root] = mapGraph([result], (current, original) => {
    const other = replacements.get(original);
    if (!other && current !== original) made.push(current);
    return other ?? current;
  });
  return { root: root!, made };
}
