/** The activation behind a product is written by it, a gated one too. */
import { isOf, sameShape } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { mulOp } from '../elementwise/binary.ts';
import { geluOp, geluTanhOp } from '../elementwise/unary.ts';
import { withLinearInputs } from '../linear/packed-linear.ts';
import { sliceOp } from '../slice/slice.ts';
import { readUnfinished } from './linear-pattern.ts';
import type { PackedLinear } from './linear-pattern.ts';

export const activationOnWrite: Rule = {
  name: 'activation_on_write',
  why: 'gelu(packed_linear(x)), gated too → one packed_linear that writes it: one pass and one texture less.',
  apply(tensor, { uses }) {
    const activation = tensor.op === geluOp ? 'gelu' : tensor.op === geluTanhOp ? 'gelu-tanh' : undefined;
    if (activation) {
      const linear = readUnfinished(tensor.inputs[0]!);
      return linear && uses(linear) === 1 ? withLinearInputs(linear, {}, { activation }) : undefined;
    }
    const gated = tensor.op === mulOp ? readGate(tensor) : undefined;
    return gated && uses(gated) === 2 ? withLinearInputs(gated, {}, { activation: 'geglu' }) : undefined;
  },
};

/** The product [R, 2·O] of which this is the first half times gelu of the second. */
function readGate(tensor: Tensor): PackedLinear | undefined {
  const [value, gate] = tensor.inputs as [Tensor, Tensor];
  if (gate.op !== geluOp || value.op !== sliceOp) return undefined;
  const linear = readUnfinished(value.inputs[0]!);
  const [rows, outputs] = value.shape as [number, number];
  const begins = (slice: Tensor, column: number): boolean => {
    if (!isOf(slice, sliceOp) || slice.inputs[0] !== linear) return false;
    return sameShape(slice.shape, [rows, outputs]) && sameShape(slice.attributes.begin, [0, column]);
  };
  if (!linear || outputs % 4 !== 0 || linear.shape[1] !== 2 * outputs) return undefined;
  return begins(value, 0) && begins(gate.inputs[0]!, outputs) ? linear : undefined;
}
