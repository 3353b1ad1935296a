/** A plain conv2d as the engine computes it in half precision: constants, weights and result are halves. */
import { apply, constantOp } from '../../../engine/index.ts';
import type { Op, Tensor } from '../../../engine/index.ts';
import { packWeights, packedConv2dOp } from '../../../ops/conv2d/packed-conv2d.ts';
import type { PackedConv2dAttributes } from '../../../ops/conv2d/attributes.ts';
import { plainAttributes } from './engine-kernel.ts';

export function convolveHalves(plain: Tensor, op: Op<PackedConv2dAttributes> = packedConv2dOp): Tensor {
  const [x, w] = plain.inputs.map(asHalves) as [Tensor, Tensor];
  return apply(op, [x, packWeights(w, 8)], plainAttributes(w, 8));
}

/** The same constant in another texture: numbers are rounded as they are uploaded. */
function asHalves({ attributes, shape }: Tensor): Tensor {
  return apply(constantOp, [], {
    ...(attributes as Parameters<typeof constantOp.infer>[1]),
    type: { shape, dtype: 'f16' },
  });
}
