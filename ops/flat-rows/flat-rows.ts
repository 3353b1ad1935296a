/**
 * toRows and fromRows: a tensor of any shape as rows of one width, and back. So the weights of a net lie in one tensor,
 * each from the beginning of a row, and an optimiser is a few ops however many weights there are.
 */
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, sizeOf } from '../../engine/index.ts';
import type { Op, Shape, Tensor, TensorType } from '../../engine/index.ts';
import { checkWholeNumber } from '../arguments.ts';
import type { FromRowsAttributes, ToRowsAttributes } from './attributes.ts';
import { fromRowsCpu, toRowsCpu } from './cpu/flat-rows.ts';
import { fromRowsGl, toRowsGl } from './gl/flat-rows.ts';

export const toRowsOp: Op<ToRowsAttributes> = {
  name: 'to_rows',
  operands: ['x'],
  infer: ([x], { columns }) => ({ shape: [countRows(x!.shape, columns), columns], dtype: x!.dtype }),
  reference: ({ inputs, output }) => output.fill(0).set(inputs[0]!),
  kernels: { webgl: toRowsGl, cpu: toRowsCpu },
};

/** x [...] row-major as rows [ceil(size / columns), columns], with zeros behind. */
export function toRows(x: Tensor, columns: number): Tensor {
  checkWholeNumber('toRows', 'columns', columns, 1);
  return apply(toRowsOp, [x], { columns });
}

/** Rows that a tensor of this shape takes. */
export function countRows(shape: Shape, columns: number): number {
  return Math.ceil(sizeOf(shape) / columns);
}

export const fromRowsOp: Op<FromRowsAttributes> = {
  name: 'from_rows',
  operands: ['rows'],
  derives: true,
  infer: inferFromRows,
  reference({ inputs, inputTypes, output, attributes: { row } }) {
    const start = row * inputTypes[0]!.shape[1]!;
    output.set(inputs[0]!.subarray(start, start + output.length));
  },
  describe: ({ row }) => `from row ${row}`,
  kernels: { webgl: fromRowsGl, cpu: fromRowsCpu },
};

/**
 * The tensor of this shape that lies in rows [R, columns] from `row` on.
 * @throws ShapeError `E_SHAPE` where it would reach beyond them
 */
export function fromRows(rows: Tensor, row: number, shape: Shape): Tensor {
  checkWholeNumber('fromRows', 'row', row, 0);
  return apply(fromRowsOp, [rows], { row, shape });
}

function inferFromRows([rows]: readonly TensorType[], { row, shape }: FromRowsAttributes): TensorType {
  const [count, columns] = rows!.shape;
  if (rows!.shape.length === 2 && row + countRows(shape, columns!) <= count!) return { shape, dtype: rows!.dtype };
  throw new ShapeError(
    'E_SHAPE',
    `fromRows: ${formatShape(shape)} does not lie in rows ${formatShape(rows!.shape)} from row ${row} on.`,
  );
}
