/** after on the CPU: x is copied. */
import type { CpuKernel } from '../../../engine/index.ts';
import { copyNumbers, liesInWords } from '../../moves.ts';

export const afterCpu: CpuKernel<undefined> = {
  calls({ inputs: [, x], output }) {
    return liesInWords(x!) && liesInWords(output) ? [copyNumbers(x!, output)] : undefined;
  },
};
