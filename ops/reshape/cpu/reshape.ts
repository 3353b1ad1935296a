/** reshape on the CPU: the same memory, or a copy of what outlives a run. */
import type { CpuKernel } from '../../../engine/index.ts';
import { copyNumbers, liesInWords } from '../../moves.ts';
import type { ReshapeAttributes } from '../attributes.ts';

export const reshapeCpu: CpuKernel<ReshapeAttributes> = {
  alias: true,
  calls({ inputs: [x], output }) {
    return liesInWords(x!) && liesInWords(output) ? [copyNumbers(x!, output)] : undefined;
  },
};
