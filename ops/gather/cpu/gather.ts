/** gather on the CPU: indices are shared out, in blocks whose rows of the table stay in a cache. */
import { sizeOf } from '../../../engine/index.ts';
import type { CpuKernel } from '../../../engine/index.ts';
import { cutWork } from '../../items.ts';
import type { GatherAttributes } from '../attributes.ts';

/** Numbers that a thread moves in some 20 µs. */
const GRAIN = 8192;

/** Indices whose rows are read at a time. */
const BLOCK = 64;

export const gatherCpu: CpuKernel<GatherAttributes> = {
  calls({ inputs: [table, index], output, attributes: { axis } }) {
    if (output.storage !== 'rows' || index!.storage !== 'rows') return undefined;
    const [rows, width] = table!.type.shape as [number, number];
    const { shape } = index!.type;
    const inner = sizeOf(shape.slice(axis));
    const units = sizeOf(shape.slice(0, axis)) * Math.ceil(inner / BLOCK);
    const { items, each } = cutWork(units, GRAIN / (width * Math.min(inner, BLOCK)));
    const isHalf = Number(table!.storage === 'halves');
    const addresses = [table!.address, index!.address, output.address];
    return [{ kernel: 'gather', items, words: [...addresses, rows, width, inner, units, each, BLOCK, isHalf] }];
  },
};
