/** concat on the CPU: one input after another. */
import { stridesOf } from '../../../engine/index.ts';
import type { CpuKernel } from '../../../engine/index.ts';
import { liesInWords, moveNumbers } from '../../moves.ts';
import type { ConcatAttributes } from '../attributes.ts';

export const concatCpu: CpuKernel<ConcatAttributes> = {
  calls({ inputs, output, attributes: { axis } }) {
    if (![...inputs, output].every(liesInWords)) return undefined;
    const strides = stridesOf(output.type.shape);
    let start = 0;
    return inputs.map((input) => {
      const { shape } = input.type;
      const call = moveNumbers(shape, [input, { start: 0, strides: stridesOf(shape) }], [output, { start, strides }]);
      start += shape[axis]! * strides[axis]!;
      return call;
    });
  },
};
