/** embed_by_table on the CPU: columns are shared out, so that no two threads add to one number. */
import type { CpuKernel } from '../../../engine/index.ts';
import { areFloats } from '../../items.ts';
import type { EmbedByTableAttributes } from '../attributes.ts';

/** Columns of an item: a line of the cache. */
const COLUMNS = 16;

export const embedByTableCpu: CpuKernel<EmbedByTableAttributes> = {
  calls({ inputs: [cotangent, indices], output, attributes: { rows, count } }) {
    if (!areFloats([cotangent!, output])) return undefined;
    const [length, width] = cotangent!.type.shape as [number, number];
    const addresses = [cotangent!, indices!, output].map(({ address }) => address);
    const items = Math.ceil(width / COLUMNS);
    return [{ kernel: 'embed_by_table', items, words: [...addresses, length, width, rows, count] }];
  },
};
