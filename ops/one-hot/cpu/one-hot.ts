/** oneHot on the CPU: vectors are shared out, or where they lie across, numbers of the same place. */
import { sizeOf } from '../../../engine/index.ts';
import type { CpuKernel } from '../../../engine/index.ts';
import { cutWork } from '../../items.ts';
import type { OneHotAttributes } from '../attributes.ts';

/** Numbers that a thread writes in some 20 µs. */
const GRAIN = 32_768;

export const oneHotCpu: CpuKernel<OneHotAttributes> = {
  calls({ inputs: [index], output, attributes: { depth, axis } }) {
    const { shape } = index!.type;
    const inner = sizeOf(shape.slice(axis));
    const units = inner === 1 ? sizeOf(shape) : sizeOf(shape.slice(0, axis)) * depth;
    const { items, each } = cutWork(units, GRAIN / (inner === 1 ? depth : inner));
    return [{ kernel: 'one_hot', items, words: [index!.address, output.address, depth, inner, units, each] }];
  },
};
