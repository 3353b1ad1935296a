/** rotary on the CPU: rows are shared out. */
import type { CpuKernel } from '../../../engine/index.ts';
import { areFloats, cutWork } from '../../items.ts';
import type { RotaryAttributes } from '../attributes.ts';

/** Numbers that a thread turns in some 20 µs. */
const GRAIN = 32_768;

export const rotaryCpu: CpuKernel<RotaryAttributes> = {
  calls({ inputs, output, attributes: { sequences, vectors } }) {
    const [x, turns, position] = inputs;
    if (!areFloats([x!, turns!, output])) return undefined;
    const [rows, channels] = x!.type.shape as [number, number];
    const [length, size] = turns!.type.shape as [number, number];
    const { items, each } = cutWork(rows, GRAIN / channels);
    const addresses = [x!.address, turns!.address, position!.address, output.address];
    const sizes = [rows, each, channels, vectors * size, size, rows / sequences, length];
    return [{ kernel: 'rotary', items, words: [...addresses, ...sizes] }];
  },
};
