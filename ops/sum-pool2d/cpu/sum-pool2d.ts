/** sum_pool2d on the CPU: rows of the result are shared out. */
import type { CpuKernel } from '../../../engine/index.ts';
import { areFloats, cutWork } from '../../items.ts';
import type { SumPool2dAttributes } from '../attributes.ts';

/** Numbers that a thread adds up in some 20 µs. */
const GRAIN = 65_536;

export const sumPool2dCpu: CpuKernel<SumPool2dAttributes> = {
  calls({ inputs: [x], output, attributes: { size } }) {
    if (!areFloats([x!, output])) return undefined;
    const [batch, channels, height, width] = output.type.shape as [number, number, number, number];
    const rows = batch * channels * height;
    const { items, each } = cutWork(rows, GRAIN / (width * size * size));
    return [{ kernel: 'sum_pool2d', items, words: [x!.address, output.address, rows, each, width, size] }];
  },
};
