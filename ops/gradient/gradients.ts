/**
 * `gradients` with the rules of all ops. It is called inside the function that is traced, on the graph as it is written
 * there: rewrite rules come afterwards, and see the way forward and the way back together.
 */
import { differentiate, tensor } from '../../engine/index.ts';
import type { GradientRule, GradientTable, Op, Shape, Tensor } from '../../engine/index.ts';
import { after } from '../after/after.ts';
import { broadcastTo } from '../broadcast-to/broadcast-to.ts';
import { add } from '../elementwise/binary.ts';
import { activationGradients } from './activations.ts';
import { arithmeticGradients } from './arithmetic.ts';
import { attentionGradients } from './attention.ts';
import { convolutionGradients } from './convolutions.ts';
import { moveGradients } from './moves.ts';
import { rowGradients } from './rows.ts';
import { sequenceGradients } from './sequences.ts';

/** What every op passes back. An op that is not here has no gradient, and is refused by name. */
export const gradientRules: ReadonlyMap<Op, GradientRule> = new Map([
  ...arithmeticGradients,
  ...activationGradients,
  ...attentionGradients,
  ...convolutionGradients,
  ...moveGradients,
  ...rowGradients,
  ...sequenceGradients,
]);

const fill = (shape: Shape, value: number): Tensor => broadcastTo(tensor([value], []), shape);
const table: GradientTable = { rules: gradientRules, add, after, fill };

/**
 * The gradients of a loss by some of the tensors that it is made of, as tensors of their shapes: by inputs, by states,
 * or by anything in between. What the loss does not depend on has zeros.
 *
 * A plan computes in the order in which it is asked: name the weights of the last layers first, so that each gradient
 * follows the cotangent that it is made of, and the memory of both is free again.
 * @param loss one number in fp32
 * @throws ShapeError `E_SHAPE` for a loss of more numbers, `E_DTYPE` by what is not fp32, `E_GRADIENT` where the road
 *   from the loss leads through an op that has no gradient; UsageError `E_ARGUMENT` for what is no tensor
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  return differentiate(loss, wrt, table);
}
