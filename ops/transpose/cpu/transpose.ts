/** transpose on the CPU. */
import { stridesOf } from '../../../engine/index.ts';
import type { CpuKernel } from '../../../engine/index.ts';
import { liesInWords, moveNumbers } from '../../moves.ts';
import type { TransposeAttributes } from '../attributes.ts';

export const transposeCpu: CpuKernel<TransposeAttributes> = {
  calls({ inputs: [x], output, attributes: { permutation } }) {
    if (!liesInWords(x!) || !liesInWords(output)) return undefined;
    const { shape } = output.type;
    const strides = stridesOf(x!.type.shape);
    const permuted = { start: 0, strides: permutation.map((axis) => strides[axis]!) };
    return [moveNumbers(shape, [x!, permuted], [output, { start: 0, strides: stridesOf(shape) }])];
  },
};
