/** token_shift_by_cache on the CPU: sequences of the cache are shared out. */
import type { CpuKernel } from '../../../engine/index.ts';
import { areFloats } from '../../items.ts';
import type { TokenShiftAttributes } from '../attributes.ts';

export const tokenShiftByCacheCpu: CpuKernel<TokenShiftAttributes> = {
  calls({ inputs: [cotangent, position], output, attributes }) {
    if (!areFloats([cotangent!, output])) return undefined;
    const { sequences, count, batch, length, size, text, columns } = attributes;
    const addresses = [cotangent!.address, position!.address, output.address];
    const words = [...addresses, sequences, count, batch, length, size, text, columns];
    return [{ kernel: 'token_shift_by_cache', items: batch, words }];
  },
};
