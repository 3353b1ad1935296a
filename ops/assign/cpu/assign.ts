/** assign on the CPU: the value is copied to the state. */
import type { CpuKernel } from '../../../engine/index.ts';
import { copyNumbers, liesInWords } from '../../moves.ts';

export const assignCpu: CpuKernel<undefined> = {
  calls({ inputs: [value], output }) {
    return liesInWords(value!) && liesInWords(output) ? [copyNumbers(value!, output)] : undefined;
  },
};
