/**
 * lookup_table: a 1×1 weight [D, V, 1, 1] and its bias [D], if given, as a table [V, D] whose row v is w[:, v] + b:
 * what the convolution makes of a one-hot pixel. Built by the rule gather_one_hot, not by hand.
 */
import { apply } from '../../engine/index.ts';
import type { Op, Tensor } from '../../engine/index.ts';
import { lookupTableGl } from './gl/lookup-table.ts';

export const lookupTableOp: Op<undefined> = {
  name: 'lookup_table',
  operands: ['weight', 'bias'],
  derives: true,
  infer: ([w]) => ({ shape: [w!.shape[1]!, w!.shape[0]!], dtype: 'f32' }),
  reference({ inputs, output, outputType }) {
    const [w, b] = inputs;
    const [rows, width] = outputType.shape as [number, number];
    for (let v = 0; v < rows; v++) {
      for (let d = 0; d < width; d++) output[v * width + d] = w![d * rows + v]! + (b ? b[d]! : 0);
    }
  },
  kernels: { webgl: lookupTableGl },
};

/** w [D, V, 1, 1], b [D] if given → [V, D]. */
export function lookupTable(w: Tensor, b?: Tensor): Tensor {
  return apply(lookupTableOp, b === undefined ? [w] : [w, b], undefined);
}
