/** maxPool2d on the CPU: rows of the result are shared out. */
import type { CpuKernel } from '../../../engine/index.ts';
import { areFloats, cutWork } from '../../items.ts';
import type { MaxPool2dAttributes } from '../attributes.ts';

/** Numbers that a thread looks through in some 20 µs. */
const GRAIN = 65_536;

export const maxPool2dCpu: CpuKernel<MaxPool2dAttributes> = {
  calls({ inputs: [x], output, attributes: { size } }) {
    if (!areFloats([x!, output])) return undefined;
    const [batch, channels, height, width] = output.type.shape as [number, number, number, number];
    const [, , inHeight, inWidth] = x!.type.shape as [number, number, number, number];
    const rows = batch * channels * height;
    const { items, each } = cutWork(rows, GRAIN / (width * size * size));
    const words = [x!.address, output.address, rows, each, height, width, inHeight, inWidth, size];
    return [{ kernel: 'max_pool2d', items, words }];
  },
};
