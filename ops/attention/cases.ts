/** Calls of attention, with every mask. */
import { gaussians, indices } from '../../test/helpers/op-case.ts';
import type { OpCase, OpCases } from '../../test/helpers/op-case.ts';
import { attention, layRows, tensor, type Mask } from '../index.ts';
import { allKeys } from './mask.ts';

/** Two sequences of 3 text and 3 × 5 image positions, heads of a size that is no whole number of texels. */
function attend(kind: Exclude<Mask['kind'], 'all'>, batch = 2): OpCase {
  const mask: Mask = { kind, text: 3, grid: [3, 5], kernel: 3, edges: 'wrap' };
  const form = { sequences: 2, batch, length: 18, heads: 2, headSize: 6 };
  const rows = gaussians([36, 36]);
  const cache = layRows(rows, { ...form, first: 12, groups: 4, size: 6 });
  const result = attention(rows, cache, indices([1], 0, 0), { ...form, mask, reach: 'all' });
  return { title: kind, result, bound: () => 6 * 20 * 2 ** -20 }; // attention.test.ts
}

/** Rows of four sequences, of which two in a row look at the same keys: 7 of them, or 4 and then pads. */
function attendToAll(queries: number): OpCase {
  const form = { sequences: 4, batch: 2, length: 7, heads: 2, headSize: 6 };
  const cache = layRows(gaussians([14, 24]), { ...form, sequences: 2, first: 0, groups: 4, size: 6 });
  const attributes = { ...form, mask: allKeys(7), reach: 'all' } as const;
  const result = attention(gaussians([4 * queries, 12]), cache, tensor([7, 4], [2], 'i32'), attributes);
  return { title: `all, ${queries} queries`, result, bound: () => 6 * 20 * 2 ** -20 }; // attention.test.ts
}

export const cases: OpCases = {
  attention: [
    ...(['full', 'row', 'column', 'conv', 'axial-row', 'axial-conv'] as const).map((kind) => attend(kind)),
    { ...attend('row', 4), title: 'row, of copies' },
    ...[1, 5].map(attendToAll),
  ],
};
