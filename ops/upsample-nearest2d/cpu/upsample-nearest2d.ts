/** upsampleNearest2d on the CPU: rows of x are shared out. */
import type { CpuKernel } from '../../../engine/index.ts';
import { cutWork } from '../../items.ts';
import { liesInWords } from '../../moves.ts';
import type { UpsampleNearest2dAttributes } from '../attributes.ts';

/** Numbers that a thread writes in some 20 µs. */
const GRAIN = 32_768;

export const upsampleNearest2dCpu: CpuKernel<UpsampleNearest2dAttributes> = {
  calls({ inputs: [x], output, attributes: { scale } }) {
    if (!liesInWords(x!) || !liesInWords(output)) return undefined;
    const [batch, channels, height, width] = x!.type.shape as [number, number, number, number];
    const rows = batch * channels * height;
    const { items, each } = cutWork(rows, GRAIN / (width * scale * scale));
    return [{ kernel: 'upsample_nearest2d', items, words: [x!.address, output.address, rows, each, width, scale] }];
  },
};
