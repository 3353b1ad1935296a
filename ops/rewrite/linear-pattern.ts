/** How far a packed_linear has got: what the rules that put more into one ask first. */
import type { Tensor } from '../../engine/index.ts';
import { packedLinearOp, readPackedLinear } from '../linear/packed-linear.ts';
import type { PackedLinearAttributes } from '../linear/attributes.ts';
import type { PackedLinearInputs } from '../linear/packed-linear.ts';

/** Inputs and attributes, if the tensor is a packed_linear. */
export function readLinear(
  tensor: Tensor,
): { readonly inputs: PackedLinearInputs; readonly attributes: PackedLinearAttributes } | undefined {
  if (tensor.op !== packedLinearOp) return undefined;
  return { inputs: readPackedLinear(tensor), attributes: tensor.attributes as PackedLinearAttributes };
}

/** The tensor, if it is a packed_linear that neither scales nor adds nor turns yet. */
export function readUnscaled(tensor: Tensor): Tensor | undefined {
  const attributes = readLinear(tensor)?.attributes;
  return attributes && !attributes.scale && !attributes.residual && !attributes.rotary ? tensor : undefined;
}

/** The same, and it has no activation either. */
export function readUnfinished(tensor: Tensor): Tensor | undefined {
  const linear = readUnscaled(tensor);
  return linear && (linear.attributes as PackedLinearAttributes).activation === 'none' ? linear : undefined;
}
