/** On the CPU a product reads rows or columns of its first operand alike, so a transpose in front of it is none. */
import { apply, isOf } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { matmulOp } from '../matmul/matmul.ts';
import { transposeOp } from '../transpose/transpose.ts';

export const transposeOnRead: Rule = {
  name: 'transpose_on_read',
  why: 'transpose(a) · b → a product that reads columns of a: the gradient by a weight is one, and nothing is moved.',
  apply(tensor) {
    if (!isOf(tensor, matmulOp) || tensor.attributes.transposeA) return undefined;
    const [a, ...others] = tensor.inputs as [Tensor, ...Tensor[]];
    if (!isOf(a, transposeOp) || !swapsLastAxes(a.attributes.permutation)) return undefined;
    // One b for a batch of a is one product of all rows, which then must lie as rows.
    if (a.shape.length === 3 && others[0]!.shape.length === 2) return undefined;
    return apply(matmulOp, [a.inputs[0]!, ...others], { ...tensor.attributes, transposeA: true });
  },
};

function swapsLastAxes(permutation: readonly number[]): boolean {
  const last = permutation.length - 1;
  return permutation.every((from, axis) => from === (axis < last - 1 ? axis : 2 * last - 1 - axis));
}
