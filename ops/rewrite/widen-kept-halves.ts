/**
 * Constants and states of halves lie in memory as halves, and the products of the CPU read such of weights alone: what
 * else they read of them is widened by an op of its own. What a step makes of halves lies there as floats anyway.
 */
import { apply, isDerived } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { castToFloat } from '../cast/cast.ts';
import { packedConv2dOp } from '../conv2d/packed-conv2d.ts';
import { packedLinearOp } from '../linear/packed-linear.ts';

const products: ReadonlySet<unknown> = new Set([packedConv2dOp, packedLinearOp]);

export const widenKeptHalves: Rule = {
  name: 'widen_kept_halves',
  why: 'packed_conv2d(halves that are kept) → packed_conv2d(cast_to_float(them)): kernels read such of weights alone.',
  apply({ op, inputs, attributes }) {
    const isKept = (input: Tensor, at: number): boolean => at !== 1 && input.dtype === 'f16' && isDerived(input);
    if (!products.has(op) || !inputs.some(isKept)) return undefined;
    return apply(
      op,
      inputs.map((input, at) => (isKept(input, at) ? castToFloat(input) : input)),
      attributes,
    );
  },
};
