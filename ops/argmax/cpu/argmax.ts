/** arg-max on the CPU: lines are shared out. */
import type { CpuKernel } from '../../../engine/index.ts';
import { areFloats, cutWork, linesAlong } from '../../items.ts';
import type { ArgmaxAttributes } from '../attributes.ts';

/** Numbers that a thread looks through in some 20 µs. */
const GRAIN = 32_768;

export const argmaxCpu: CpuKernel<ArgmaxAttributes> = {
  calls({ inputs: [x], output, attributes: { axis } }) {
    if (!areFloats([x!])) return undefined;
    const { units, size, inner, perUnit } = linesAlong(x!.type.shape, axis, axis);
    const { items, each } = cutWork(units, GRAIN / perUnit);
    return [{ kernel: 'argmax', items, words: [x!.address, output.address, units, each, size, inner] }];
  },
};
