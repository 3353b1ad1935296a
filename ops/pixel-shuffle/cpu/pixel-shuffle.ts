/** pixelShuffle on the CPU: one walk for each pixel of a square. */
import type { CpuKernel } from '../../../engine/index.ts';
import { liesInWords, moveNumbers } from '../../moves.ts';
import { listWalks } from '../attributes.ts';
import type { PixelShuffleAttributes } from '../attributes.ts';

export const pixelShuffleCpu: CpuKernel<PixelShuffleAttributes> = {
  calls({ inputs: [x], output, attributes }) {
    if (!liesInWords(x!) || !liesInWords(output)) return undefined;
    return listWalks(output.type.shape, attributes).map(({ shape, from, to }) =>
      moveNumbers(shape, [x!, from], [output, to]),
    );
  },
};
