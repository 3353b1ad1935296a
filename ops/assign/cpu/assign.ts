/** assign on the CPU: the value is copied to the state. */
import { sizeOf } from '../../../engine/index.ts';
import type { CpuKernel } from '../../../engine/index.ts';
import { liesInWords, moveNumbers } from '../../moves.ts';

export const assignCpu: CpuKernel<undefined> = {
  calls({ inputs: [value], output }) {
    if (!liesInWords(value!) || !liesInWords(output)) return undefined;
    const all = { start: 0, strides: [1] };
    return [moveNumbers([sizeOf(output.type.shape)], [value!, all], [output, all])];
  },
};
