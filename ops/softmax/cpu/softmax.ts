/** softmax on the CPU: lines are shared out. */
import type { CpuKernel } from '../../../engine/index.ts';
import { areFloats, cutWork, linesAlong } from '../../items.ts';
import type { SoftmaxAttributes } from '../attributes.ts';

/** Numbers whose exponentials a thread computes in some 20 µs. */
const GRAIN = 8192;

export const softmaxCpu: CpuKernel<SoftmaxAttributes> = {
  calls({ inputs: [x], output, attributes: { axis } }) {
    if (!areFloats([x!, output])) return undefined;
    const { units, size, inner, perUnit } = linesAlong(x!.type.shape, axis, axis);
    const { items, each } = cutWork(units, GRAIN / perUnit);
    return [{ kernel: 'softmax', items, words: [x!.address, output.address, units, each, size, inner] }];
  },
};
