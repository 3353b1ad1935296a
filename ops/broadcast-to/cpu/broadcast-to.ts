/** broadcastTo on the CPU. */
import { stridesOf } from '../../../engine/index.ts';
import type { CpuKernel } from '../../../engine/index.ts';
import { liesInWords, moveNumbers } from '../../moves.ts';
import type { BroadcastToAttributes } from '../attributes.ts';
import { viewRepeated } from '../repeated.ts';

export const broadcastToCpu: CpuKernel<BroadcastToAttributes> = {
  calls({ inputs: [x], output, attributes: { shape } }) {
    if (!liesInWords(x!) || !liesInWords(output)) return undefined;
    return [
      moveNumbers(shape, [x!, viewRepeated(x!.type.shape, shape)], [output, { start: 0, strides: stridesOf(shape) }]),
    ];
  },
};
