/** max_pool2d_by_x on the CPU: rows of windows are shared out, and what rows of x lie in no window. */
import type { CpuKernel } from '../../../engine/index.ts';
import { areFloats, cutWork } from '../../items.ts';
import type { MaxPool2dAttributes } from '../../max-pool2d/attributes.ts';

/** Numbers that a thread looks through in some 20 µs. */
const GRAIN = 32_768;

export const maxPool2dByXCpu: CpuKernel<MaxPool2dAttributes> = {
  calls({ inputs: [cotangent, x], output, attributes: { size } }) {
    if (!areFloats([cotangent!, x!, output])) return undefined;
    const [batch, channels, height, width] = cotangent!.type.shape as [number, number, number, number];
    const [, , inHeight, inWidth] = x!.type.shape as [number, number, number, number];
    const planes = batch * channels;
    const { items, each } = cutWork(planes * height, GRAIN / (inWidth * size));
    const words = [cotangent!.address, x!.address, output.address, planes * height, each];
    return [{ kernel: 'max_pool2d_by_x', items, words: [...words, height, width, inHeight, inWidth, size] }];
  },
};
