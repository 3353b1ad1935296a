/**
 * oneHot: for each index a vector of `depth` numbers, 1 at the index and 0 elsewhere, as `F.one_hot` in fp32.
 * indices i32 [...] → their shape with depth put in at `axis`: tokens [B, H, W] → [B, depth, H, W] with axis 1.
 *
 * An index below 0 or from depth on has no place: its vector is NaN throughout, as the row that gather gives for it.
 */
import { checkNumber } from '../../base/check-argument.ts';
import { apply, resolveAxis, sizeOf, checkTensor } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import { checkIndices, checkWholeNumber } from '../arguments.ts';
import type { OneHotAttributes } from './attributes.ts';
import { oneHotCpu } from './cpu/one-hot.ts';
import { oneHotGl } from './gl/one-hot.ts';

export const oneHotOp: Op<OneHotAttributes> = {
  name: 'one_hot',
  operands: ['index'],
  infer([indices], { depth, axis }) {
    checkIndices('oneHot', indices!);
    checkWholeNumber('oneHot', 'depth', depth, 1);
    return { shape: indices!.shape.toSpliced(axis, 0, depth), dtype: 'f32' };
  },
  reference: computeOneHot,
  describe: ({ depth, axis }) => `depth ${depth} along axis ${axis}`,
  kernels: { webgl: oneHotGl, cpu: oneHotCpu },
};

/**
 * indices i32 of up to three dimensions → f32, their shape with depth at `axis` (counted in the result; negative: from
 * the last). An index that is not in [0, depth) gives NaN.
 * @throws ShapeError `E_DTYPE` unless indices are i32, `E_SHAPE` for indices of rank 4, `E_ATTRIBUTE` for an axis that
 *   the result does not have or a depth that is no whole number of at least 1.
 */
export function oneHot(indices: Tensor, depth: number, axis = -1): Tensor {
  checkTensor('oneHot', indices);
  checkNumber('oneHot', 'depth', depth);
  return apply(oneHotOp, [indices], { depth, axis: resolveAxis('oneHot', axis, indices.shape.length + 1) });
}

function computeOneHot({ inputs, inputTypes, output, attributes }: ReferenceCall<OneHotAttributes>): void {
  const [indices] = inputs;
  const { depth, axis } = attributes;
  const inner = sizeOf(inputTypes[0]!.shape.slice(axis));
  for (let at = 0; at < indices!.length; at++) {
    const index = indices![at]!;
    const to = Math.floor(at / inner) * inner * depth + (at % inner);
    const exists = index >= 0 && index < depth;
    for (let d = 0; d < depth; d++) output[to + d * inner] = !exists ? NaN : d === index ? 1 : 0;
  }
}
