/** pack_winograd on the CPU: transformed weights as strips of eight output channels (pack-winograd.wasm.ts). */
import type { CpuKernel, CpuOperand } from '../../../engine/index.ts';
import { bytesOfNumber } from '../../conv2d/cpu/pack-weights.ts';
import type { PackWinogradAttributes } from '../attributes.ts';

/** Output channels of a strip: columns of the register tile. */
const STRIP = 8;

export const packWinogradCpu: CpuKernel<PackWinogradAttributes> = {
  packedBytes({ attributes: { weight, outputs } }) {
    return 4 * (outputs + 2) ** 2 * STRIP * Math.ceil(weight[0] / STRIP) * weight[1];
  },
  calls({ attributes: { weight, outputs }, inputs, output }) {
    const [source] = inputs as [CpuOperand];
    const words = [source.address, output.address, weight[0], weight[1], bytesOfNumber(source), outputs + 2];
    return [{ kernel: 'pack_winograd', items: Math.ceil(weight[0] / STRIP), words }];
  },
};
