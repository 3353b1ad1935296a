/**
 * embed_by_table: what goes back to a table whose rows were looked up. Each row of the table gets the sum of the
 * cotangents of those who read it: cotangent [R, D], indices i32 [R] → [V, D]. The order of a sum is that of the rows,
 * whatever the device and its threads, so that a run can be repeated bit for bit. An index that the table does not
 * have gives nothing back.
 */
import { apply } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import type { EmbedByTableAttributes } from './attributes.ts';
import { embedByTableCpu } from './cpu/embed-by-table.ts';
import { embedByTableGl } from './gl/embed-by-table.ts';

export const embedByTableOp: Op<EmbedByTableAttributes> = {
  name: 'embed_by_table',
  operands: ['cotangent', 'indices'],
  infer: ([cotangent], { rows }) => ({ shape: [rows, cotangent!.shape[1]!], dtype: 'f32' }),
  reference: computeSums,
  describe: ({ rows, count }) => `${rows} rows${count > 0 ? ', in a row' : ''}`,
  kernels: { webgl: embedByTableGl, cpu: embedByTableCpu },
};

/** cotangent [R, D], indices i32 [R], or [1] where rows count on from it → [V, D]. */
export function embedByTable(cotangent: Tensor, indices: Tensor, attributes: EmbedByTableAttributes): Tensor {
  return apply(embedByTableOp, [cotangent, indices], attributes);
}

function computeSums({ inputs, inputTypes, output, attributes }: ReferenceCall<EmbedByTableAttributes>): void {
  const [cotangent, indices] = inputs;
  const [rows, width] = inputTypes[0]!.shape as [number, number];
  const totals = new Float64Array(output.length);
  for (let row = 0; row < rows; row++) {
    const index = attributes.count > 0 ? indices![0]! + (row % attributes.count) : indices![row]!;
    if (!(index >= 0 && index < attributes.rows)) continue;
    for (let d = 0; d < width; d++) totals[index * width + d]! += cotangent![row * width + d]!;
  }
  output.set(totals);
}
