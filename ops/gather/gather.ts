/**
 * gather: rows of a table, one for each index, as an embedding. table [V, D], indices i32 [...] → the shape of indices
 * with D put in at `axis`: tokens [B, H, W] become an image [B, D, H, W] with axis 1, rows [..., D] with axis -1.
 * It equals oneHot(indices, V, axis) times the table.
 *
 * An index below 0 or from V on has no row: its D values are NaN, so that it cannot pass for a picture.
 */
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, resolveAxis, sizeOf, checkTensor } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor, TensorType } from '../../engine/index.ts';
import { checkIndices } from '../arguments.ts';
import type { GatherAttributes } from './attributes.ts';
import { gatherCpu } from './cpu/gather.ts';
import { gatherGl } from './gl/gather.ts';

export const gatherOp: Op<GatherAttributes> = {
  name: 'gather',
  operands: ['x', 'index'],
  infer: inferGather,
  reference: computeGather,
  describe: ({ axis }) => `rows along axis ${axis}`,
  kernels: { webgl: gatherGl, cpu: gatherCpu },
};

/**
 * table [V, D], indices i32 of up to three dimensions → their shape with D at `axis` (counted in the result; negative:
 * from the last), in the dtype of the table. An index that is not in [0, V) gives NaN.
 * @throws ShapeError `E_SHAPE` for a table that is not a matrix or indices of rank 4, `E_DTYPE` unless indices are i32
 *   and the table is not, `E_ATTRIBUTE` for an axis that the result does not have.
 */
export function gather(table: Tensor, indices: Tensor, axis = -1): Tensor {
  checkTensor('gather', indices);
  return apply(gatherOp, [table, indices], { axis: resolveAxis('gather', axis, indices.shape.length + 1) });
}

function inferGather([table, indices]: readonly TensorType[], { axis }: GatherAttributes): TensorType {
  if (table!.shape.length !== 2) {
    throw new ShapeError(
      'E_SHAPE',
      `gather: table must be [V, D], a row for each index, got ${formatShape(table!.shape)}.`,
    );
  }
  if (table!.dtype === 'i32') {
    throw new ShapeError(
      'E_DTYPE',
      'gather: table must be f32 or f16, got i32, which has no NaN for a row that is missing.',
    );
  }
  checkIndices('gather', indices!);
  return { shape: indices!.shape.toSpliced(axis, 0, table!.shape[1]!), dtype: table!.dtype };
}

function computeGather({ inputs, inputTypes, output, attributes }: ReferenceCall<GatherAttributes>): void {
  const [table, indices] = inputs;
  const [rows, width] = inputTypes[0]!.shape as [number, number];
  const inner = sizeOf(inputTypes[1]!.shape.slice(attributes.axis));
  for (let at = 0; at < indices!.length; at++) {
    const row = indices![at]!;
    const to = Math.floor(at / inner) * inner * width + (at % inner);
    for (let d = 0; d < width; d++) {
      output[to + d * inner] = row >= 0 && row < rows ? table![row * width + d]! : NaN;
    }
  }
}
