/** Calls of attention, with every mask. */
import { gaussians, indices } from '../../test/helpers/op-case.ts';
import type { OpCase, OpCases } from '../../test/helpers/op-case.ts';
import { attention, layRows, type Mask } from '../index.ts';

/** Two sequences of 3 text and 3 × 5 image positions, heads of a size that is no whole number of texels. */
function attend(kind: Mask['kind']): OpCase {
  const mask: Mask = { kind, text: 3, grid: [3, 5], kernel: 3, edges: 'wrap' };
  const form = { sequences: 2, batch: 2, length: 18, heads: 2, headSize: 6 };
  const rows = gaussians([36, 36]);
  const cache = layRows(rows, { ...form, first: 12, groups: 4, size: 6 });
  const result = attention(rows, cache, indices([1], 0, 0), { ...form, mask, reach: 'all' });
  return { title: kind, result, bound: () => 6 * 20 * 2 ** -20 }; // attention.test.ts
}

export const cases: OpCases = {
  attention: (['full', 'row', 'column', 'conv', 'axial-row', 'axial-conv'] as const).map(attend),
};
