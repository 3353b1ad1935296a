/** slice on the CPU. */
import { stridesOf } from '../../../engine/index.ts';
import type { CpuKernel } from '../../../engine/index.ts';
import { liesInWords, moveNumbers } from '../../moves.ts';
import { positionOf } from '../../strided.ts';
import type { SliceAttributes } from '../attributes.ts';

export const sliceCpu: CpuKernel<SliceAttributes> = {
  calls({ inputs: [x], output, attributes: { begin, size } }) {
    if (!liesInWords(x!) || !liesInWords(output)) return undefined;
    const strides = stridesOf(x!.type.shape);
    const box = { start: positionOf(begin, strides), strides };
    return [moveNumbers(size, [x!, box], [output, { start: 0, strides: stridesOf(size) }])];
  },
};
