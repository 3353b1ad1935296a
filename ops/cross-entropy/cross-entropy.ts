/**
 * cross_entropy: how unlikely the right class of each row is by its logits: logits [R, V], target i32 [R], weight [R]
 * if given → losses [R], weight · (ln Σ e^logit − logit[target]), as `torch.nn.functional.cross_entropy` with no
 * reduction. No softmax is stored, forward or backward: two numbers a row (ops/softmax/sum-exponentials.ts) stand for
 * it, and the gradient is one elementwise pass over the logits.
 *
 * A target below 0 or from V on has no class: its loss is NaN, so that it cannot pass for a small one.
 */
import { ShapeError } from '../../base/errors.ts';
import { apply, checkTensor, formatShape, sameShape } from '../../engine/index.ts';
import type { NumericArray, Op, ReferenceCall, Tensor, TensorType } from '../../engine/index.ts';
import { checkIndices } from '../arguments.ts';
import { sumLines } from '../softmax/sum-exponentials.ts';
import { crossEntropyByLogitsCpu, crossEntropyCpu } from './cpu/cross-entropy.ts';
import { crossEntropyByLogitsGl, crossEntropyGl } from './gl/cross-entropy.ts';

export const crossEntropyOp: Op<undefined> = {
  name: 'cross_entropy',
  operands: ['logits', 'largest', 'total', 'target', 'weight'],
  infer([logits, , , target]) {
    checkTargets(logits!, target!);
    return { shape: target!.shape, dtype: 'f32' };
  },
  reference: computeLosses,
  kernels: { webgl: crossEntropyGl, cpu: crossEntropyCpu },
};

/**
 * Losses of rows [R]: logits [R, V], the right class of each as target i32 [R], a weight [R] of each [1].
 * @throws ShapeError `E_SHAPE`, `E_DTYPE`
 */
export function crossEntropy(logits: Tensor, target: Tensor, weight?: Tensor): Tensor {
  checkTensor('crossEntropy', logits);
  checkTensor('crossEntropy', target);
  checkTargets(logits, target);
  if (weight && !(sameShape(weight.shape, target.shape) && weight.dtype === 'f32')) {
    throw new ShapeError(
      'E_SHAPE',
      `crossEntropy: weight must be f32 ${formatShape(target.shape)}, a number for each row, got ${weight.dtype} ` +
        `${formatShape(weight.shape)}.`,
    );
  }
  const { largest, total } = sumLines(logits, 1);
  return apply(crossEntropyOp, [logits, largest, total, target, ...(weight ? [weight] : [])], undefined);
}

export const crossEntropyByLogitsOp: Op<undefined> = {
  name: 'cross_entropy_by_logits',
  operands: ['cotangent', 'logits', 'largest', 'total', 'target', 'weight'],
  infer: ([, logits]) => ({ shape: logits!.shape, dtype: 'f32' }),
  reference: computeByLogits,
  kernels: { webgl: crossEntropyByLogitsGl, cpu: crossEntropyByLogitsCpu },
};

/**
 * The gradient by the logits, [R, V]: cotangent [R] times weight times (softmax − onehot).
 * @param inputs those of the cross_entropy
 */
export function crossEntropyByLogits(cotangent: Tensor, inputs: readonly Tensor[]): Tensor {
  return apply(crossEntropyByLogitsOp, [cotangent, ...inputs], undefined);
}

function checkTargets(logits: TensorType, target: TensorType): void {
  if (logits.shape.length !== 2 || target.shape.length !== 1 || logits.shape[0] !== target.shape[0]) {
    throw new ShapeError(
      'E_SHAPE',
      `crossEntropy: wanted logits [R, V] and target [R], got ${formatShape(logits.shape)} and ` +
        `${formatShape(target.shape)}. Merge other axes by reshape.`,
    );
  }
  checkIndices('crossEntropy', target);
}

function computeLosses({ inputs, inputTypes, output }: ReferenceCall<undefined>): void {
  const [logits, largest, total, target, weight] = inputs;
  const classes = inputTypes[0]!.shape[1]!;
  for (let row = 0; row < output.length; row++) {
    const right = readClass(target!, row, classes);
    const loss = Math.log(total![row]!) - (logits![row * classes + right]! - largest![row]!);
    output[row] = Number.isNaN(right) ? NaN : (weight?.[row] ?? 1) * loss;
  }
}

function computeByLogits({ inputs, inputTypes, output }: ReferenceCall<undefined>): void {
  const [cotangent, logits, largest, total, target, weight] = inputs;
  const classes = inputTypes[1]!.shape[1]!;
  for (let at = 0; at < output.length; at++) {
    const row = Math.floor(at / classes);
    const right = readClass(target!, row, classes);
    const share = Math.exp(logits![at]! - largest![row]!) / total![row]! - (at % classes === right ? 1 : 0);
    output[at] = Number.isNaN(right) ? NaN : cotangent![row]! * (weight?.[row] ?? 1) * share;
  }
}

/** The class of a row, NaN where there is none. */
function readClass(target: NumericArray, row: number, classes: number): number {
  const right = target[row]!;
  return right >= 0 && right < classes ? right : NaN;
}
