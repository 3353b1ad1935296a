/** How far a packed_linear has got: what the rules that put more into one ask first. */
import { isOf } from '../../engine/index.ts';
import type { Tensor, TensorOf } from '../../engine/index.ts';
import { packedLinearOp } from '../linear/packed-linear.ts';
import type { PackedLinearAttributes } from '../linear/attributes.ts';

export type PackedLinear = TensorOf<PackedLinearAttributes>;

/** The tensor, if it is a packed_linear that neither scales nor adds nor turns yet. */
export function readUnscaled(tensor: Tensor): PackedLinear | undefined {
  if (!isOf(tensor, packedLinearOp)) return undefined;
  const { scale, residual, rotary } = tensor.attributes;
  return !scale && !residual && !rotary ? tensor : undefined;
}

/** The same, and it has no activation either. */
export function readUnfinished(tensor: Tensor): PackedLinear | undefined {
  const linear = readUnscaled(tensor);
  return linear?.attributes.activation === 'none' ? linear : undefined;
}
