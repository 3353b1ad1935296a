/**
 * winograd_conv2d on the CPU: how the work is cut into items, each some tiles of an image for some output channels
 * (winograd-conv2d.wasm.ts).
 */
import { floatWord } from '../../../engine/index.ts';
import type { CpuKernel } from '../../../engine/index.ts';
import { addressesOf, shareOut } from '../../conv2d/cpu/packed-conv2d.ts';
import type { WinogradConv2dAttributes } from '../attributes.ts';

/** Quads of an item, four tiles each: the more, the less often its weights are read. */
const QUADS = 8;
/** Input channels at once, and output channels of an item: what lies between the stages fits scratch. */
const PART = 128;
const CHANNELS = 256;
/** Columns of the register tile. */
const STRIP = 8;

export const winogradConv2dCpu: CpuKernel<WinogradConv2dAttributes> = {
  calls(call) {
    const { weight, outputs, reluInput, gain = 1, residualScale } = call.attributes;
    const [outChannels, inChannels] = weight;
    const [batch, , height, width] = call.output.type.shape as [number, number, number, number];
    const all = Math.ceil(width / (4 * outputs)) * Math.ceil(height / outputs);
    const quads = shareOut(all, QUADS, 1);
    const channels = shareOut(outChannels, CHANNELS, STRIP);
    const words = [
      ...addressesOf(call),
      ...[inChannels, outChannels, height, width, reluInput ? 1 : 0, floatWord(gain), residualScale],
      ...[outputs, quads, channels, shareOut(inChannels, PART, 1)],
    ];
    const items = batch * Math.ceil(all / quads) * Math.ceil(outChannels / channels);
    return [{ kernel: 'winograd_conv2d', items, words }];
  },
};
