/** embed on the CPU: rows are shared out. */
import type { CpuKernel } from '../../../engine/index.ts';
import { cutWork } from '../../items.ts';

/** Numbers that a thread adds in some 20 µs. */
const GRAIN = 32_768;

export const embedCpu: CpuKernel<undefined> = {
  calls({ inputs, output }) {
    const [tokens, table, positions, start] = inputs;
    const [sequences, count] = tokens!.type.shape as [number, number];
    const [vocabulary, width] = table!.type.shape as [number, number];
    if (table!.type.dtype === 'i32' || positions!.type.dtype === 'i32') return undefined;
    const { items, each } = cutWork(sequences * count, GRAIN / width);
    const addresses = [tokens!, table!, positions!, start!, output].map(({ address }) => address);
    const halves = [table!, positions!].map(({ storage }) => Number(storage === 'halves'));
    const sizes = [sequences * count, each, count, width, vocabulary, positions!.type.shape[0]!];
    return [{ kernel: 'embed', items, words: [...addresses, ...sizes, ...halves] }];
  },
};
