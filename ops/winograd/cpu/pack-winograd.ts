/** pack_winograd on the CPU: transformed weights as strips of eight output channels (pack-winograd.wasm.ts). */
import type { CpuKernel, CpuOperand } from '../../../engine/index.ts';
import { shareOut } from '../../conv2d/cpu/packed-conv2d.ts';
import { bytesOfNumber } from '../../conv2d/cpu/pack-weights.ts';
import type { PackWinogradAttributes } from '../attributes.ts';

/** Output channels of a strip: columns of the register tile. */
export const STRIP = 8;
/** Most input channels whose products are added up at once. */
const PART = 128;

/** Input channels of a part: the kernels read a part of all strips in one stretch. */
export function shareParts(inChannels: number): number {
  return shareOut(inChannels, PART, 1);
}

export const packWinogradCpu: CpuKernel<PackWinogradAttributes> = {
  packedBytes({ attributes: { weight, outputs } }) {
    return 4 * (outputs + 2) ** 2 * STRIP * Math.ceil(weight[0] / STRIP) * weight[1];
  },
  calls({ attributes: { weight, outputs }, inputs, output }) {
    const [source] = inputs as [CpuOperand];
    const [outChannels, inChannels] = weight;
    const words = [source.address, output.address, outChannels, inChannels, bytesOfNumber(source), outputs + 2];
    return [
      { kernel: 'pack_winograd', items: Math.ceil(outChannels / STRIP), words: [...words, shareParts(inChannels)] },
    ];
  },
};
