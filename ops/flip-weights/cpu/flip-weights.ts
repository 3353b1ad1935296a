/** flip_weights on the CPU: a walk that goes backwards along each kernel. */
import type { CpuKernel } from '../../../engine/index.ts';
import { liesInWords, moveNumbers } from '../../moves.ts';
import { flippedWalk } from '../attributes.ts';

export const flipWeightsCpu: CpuKernel<undefined> = {
  calls({ inputs: [w], output }) {
    if (!liesInWords(w!) || !liesInWords(output)) return undefined;
    const { from, to } = flippedWalk(output.type.shape);
    return [moveNumbers(output.type.shape, [w!, from], [output, to])];
  },
};
