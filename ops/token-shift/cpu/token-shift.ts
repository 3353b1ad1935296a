/** tokenShift on the CPU: rows are shared out. */
import type { CpuKernel } from '../../../engine/index.ts';
import { areFloats, cutWork } from '../../items.ts';
import type { TokenShiftAttributes } from '../attributes.ts';

/** Numbers that a thread moves in some 20 µs. */
const GRAIN = 32_768;

export const tokenShiftCpu: CpuKernel<TokenShiftAttributes> = {
  calls({ inputs: [cache, position], output, attributes }) {
    if (!areFloats([cache!, output])) return undefined;
    const { sequences, count, batch, length, size, text, columns } = attributes;
    const { items, each } = cutWork(sequences * count, GRAIN / size);
    const addresses = [cache!.address, position!.address, output.address];
    const words = [...addresses, sequences, count, each, batch, length, size, text, columns];
    return [{ kernel: 'token_shift', items, words }];
  },
};
