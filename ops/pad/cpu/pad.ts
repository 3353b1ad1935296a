/** pad on the CPU: all is filled, then the middle written over. */
import { floatWord, stridesOf } from '../../../engine/index.ts';
import type { CpuKernel } from '../../../engine/index.ts';
import { fillNumbers, liesInWords, moveNumbers } from '../../moves.ts';
import { positionOf } from '../../strided.ts';
import type { PadAttributes } from '../attributes.ts';

export const padCpu: CpuKernel<PadAttributes> = {
  calls({ inputs: [x], output, attributes: { before, value } }) {
    if (!liesInWords(x!) || !liesInWords(output)) return undefined;
    const { shape, dtype } = x!.type;
    const strides = stridesOf(output.type.shape);
    const inside = { start: positionOf(before, strides), strides };
    return [
      fillNumbers(output, dtype === 'i32' ? value : floatWord(value)),
      moveNumbers(shape, [x!, { start: 0, strides: stridesOf(shape) }], [output, inside]),
    ];
  },
};
