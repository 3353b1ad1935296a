/**
 * The end of a transformer's branch, LayerScale and the sum with the stream, is written by the branch's last product.
 */
import { isOf, sameShape } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { addOp, mulOp } from '../elementwise/binary.ts';
import { packedLinearOp, withLinearInputs } from '../linear/packed-linear.ts';
import { readUnscaled } from './linear-pattern.ts';

export const branchOnWrite: Rule = {
  name: 'branch_on_write',
  why: 'x + packed_linear(y), or x + scale · packed_linear(y) → one packed_linear that reads x as it writes.',
  apply(tensor, { uses }) {
    if (tensor.op === mulOp) {
      const [linear, scale] = tensor.inputs as [Tensor, Tensor];
      const plain = readUnscaled(linear);
      if (!plain || uses(linear) !== 1 || !sameShape(scale.shape, [linear.shape[1]!])) return undefined;
      return withLinearInputs(plain, { scale });
    }
    if (tensor.op !== addOp) return undefined;
    const [x, linear] = tensor.inputs as [Tensor, Tensor];
    if (!isOf(linear, packedLinearOp) || uses(linear) !== 1 || !sameShape(x.shape, linear.shape)) return undefined;
    if (linear.attributes.residual || linear.attributes.rotary) return undefined;
    return withLinearInputs(linear, { residual: x });
  },
};
