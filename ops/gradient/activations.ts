/**
 * Gradients of functions of one number. At a kink they are those of PyTorch: 0 of relu at 0, and clamp passes at its
 * bounds what it passes between them.
 */
import { gradientOf, tensor as constantOf } from '../../engine/index.ts';
import type { GradientEntry, Op, Tensor } from '../../engine/index.ts';
import { div, mul, sub } from '../elementwise/binary.ts';
import { geluByX, geluTanhByX, selectPositive, selectWithin, siluByX } from '../elementwise/derivatives.ts';
import { clampOp, erfOp, exp, expOp, geluOp, geluTanhOp, logOp, quickGeluOp } from '../elementwise/unary.ts';
import { reluOp, sigmoidOp, siluOp, tanhOp } from '../elementwise/unary.ts';

export const activationGradients: readonly GradientEntry[] = [
  byX(reluOp, selectPositive),
  byX(geluOp, geluByX),
  byX(geluTanhOp, geluTanhByX),
  byX(siluOp, (cotangent, x) => siluByX(cotangent, x, 1)),
  byX(quickGeluOp, (cotangent, x) => siluByX(cotangent, x, 1.702)),
  byX(logOp, div),
  byX(erfOp, (cotangent, x) => {
    const density = exp(mul(mul(x, x), constantOf([-1], [])));
    return mul(cotangent, mul(density, constantOf([2 / Math.sqrt(Math.PI)], [])));
  }),
  gradientOf(clampOp, ({ tensor, cotangent }) => [selectWithin(cotangent, tensor.inputs[0]!, tensor.attributes)]),
  // By the result, which is there already.
  gradientOf(expOp, ({ tensor, cotangent }) => [mul(cotangent, tensor)]),
  gradientOf(tanhOp, ({ tensor, cotangent }) => [mul(cotangent, sub(constantOf([1], []), mul(tensor, tensor)))]),
  gradientOf(sigmoidOp, ({ tensor, cotangent }) => [mul(cotangent, mul(tensor, sub(constantOf([1], []), tensor)))]),
];

function byX(op: Op<undefined>, derive: (cotangent: Tensor, x: Tensor) => Tensor): GradientEntry {
  return gradientOf(op, ({ tensor, cotangent }) => [derive(cotangent, tensor.inputs[0]!)]);
}
