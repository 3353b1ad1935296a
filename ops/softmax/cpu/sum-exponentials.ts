/** sum_exponentials on the CPU: lines are shared out. */
import type { CpuKernel } from '../../../engine/index.ts';
import { areFloats, cutWork, linesAlong } from '../../items.ts';
import type { AxisAttributes } from '../../reduce/attributes.ts';

/** Numbers whose exponentials a thread computes in some 20 µs. */
const GRAIN = 8192;

export const sumExponentialsCpu: CpuKernel<AxisAttributes> = {
  calls({ inputs, output, attributes: { axis } }) {
    const [x, largest] = inputs;
    if (!areFloats([...inputs, output])) return undefined;
    const { units, size, inner, perUnit } = linesAlong(x!.type.shape, axis, axis);
    const { items, each } = cutWork(units, GRAIN / perUnit);
    const words = [x!.address, output.address, units, each, size, inner, largest!.address];
    return [{ kernel: 'sum_exponentials', items, words }];
  },
};
