/** The best of chunks on the CPU: pixels are shared out. */
import type { CpuKernel } from '../../../engine/index.ts';
import { areFloats, cutWork } from '../../items.ts';

/** Numbers that a thread compares in some 20 µs. */
const GRAIN = 16_384;

export const bestOfChunksCpu: CpuKernel<undefined> = {
  calls({ inputs: [chunks], output }) {
    if (!areFloats([chunks!])) return undefined;
    const [batch, maps, height, width] = chunks!.type.shape as [number, number, number, number];
    const [count, pixels] = [maps / 4, height * width];
    const units = batch * Math.ceil(pixels / 4);
    const { items, each } = cutWork(units, GRAIN / maps);
    return [{ kernel: 'best_of_chunks', items, words: [chunks!.address, output.address, count, pixels, units, each] }];
  },
};
