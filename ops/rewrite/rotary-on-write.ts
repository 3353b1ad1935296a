/** Queries, keys and values are turned by their positions as the product that makes them writes them. */
import { isOf } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { withLinearInputs } from '../linear/packed-linear.ts';
import { rotaryOp } from '../rotary/rotary.ts';
import { readUnfinished } from './linear-pattern.ts';

export const rotaryOnWrite: Rule = {
  name: 'rotary_on_write',
  why: 'rotary(packed_linear(x)) → one packed_linear that turns what it writes: one pass and one texture less.',
  apply(tensor, { uses }) {
    if (!isOf(tensor, rotaryOp)) return undefined;
    const [product, turns, position] = tensor.inputs as [Tensor, Tensor, Tensor];
    const linear = readUnfinished(product);
    if (!linear || uses(linear) !== 1) return undefined;
    return withLinearInputs(linear, { turns, position }, { rotary: tensor.attributes });
  },
};
