/** after on the CPU: x is copied. */
import { sizeOf } from '../../../engine/index.ts';
import type { CpuKernel } from '../../../engine/index.ts';
import { liesInWords, moveNumbers } from '../../moves.ts';

export const afterCpu: CpuKernel<undefined> = {
  calls({ inputs: [, x], output }) {
    if (!liesInWords(x!) || !liesInWords(output)) return undefined;
    const all = { start: 0, strides: [1] };
    return [moveNumbers([sizeOf(output.type.shape)], [x!, all], [output, all])];
  },
};
