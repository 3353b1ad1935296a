/** toRows and fromRows on the CPU, where numbers lie row-major already: they are copied. */
import { sizeOf } from '../../../engine/index.ts';
import type { CpuKernel } from '../../../engine/index.ts';
import { copyNumbers, fillNumbers, liesInWords, moveNumbers } from '../../moves.ts';
import type { FromRowsAttributes, ToRowsAttributes } from '../attributes.ts';

export const toRowsCpu: CpuKernel<ToRowsAttributes> = {
  calls({ inputs: [x], output }) {
    if (!liesInWords(x!) || !liesInWords(output)) return undefined;
    const copy = copyNumbers(x!, output);
    return sizeOf(x!.type.shape) === sizeOf(output.type.shape) ? [copy] : [fillNumbers(output, 0), copy];
  },
};

export const fromRowsCpu: CpuKernel<FromRowsAttributes> = {
  calls({ inputs: [rows], output, attributes: { row } }) {
    if (!liesInWords(rows!) || !liesInWords(output)) return undefined;
    const part = { start: row * rows!.type.shape[1]!, strides: [1] };
    return [moveNumbers([sizeOf(output.type.shape)], [rows!, part], [output, { start: 0, strides: [1] }])];
  },
};
