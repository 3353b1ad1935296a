/**
 * winograd_conv2d on the CPU: how the work is cut into items, each some tiles of an image for some output channels
 * (winograd-conv2d.wasm.ts).
 */
import { floatWord } from '../../../engine/index.ts';
import type { CpuKernel } from '../../../engine/index.ts';
import { addressesOf, shareOut } from '../../conv2d/cpu/packed-conv2d.ts';
import type { WinogradConv2dAttributes } from '../attributes.ts';
import { STRIP, shareParts } from './pack-winograd.ts';

/** Quads of an item, four tiles each: the more, the less often its weights are read; fewer where items would be few. */
const QUADS = 16;
const FEWER_QUADS = 8;
const FEWEST_ITEMS = 8;
/** Output channels of an item: what lies between the stages fits scratch. */
const CHANNELS = 256;

export const winogradConv2dCpu: CpuKernel<WinogradConv2dAttributes> = {
  calls(call) {
    const { weight, outputs, reluInput, gain = 1, residualScale } = call.attributes;
    const [outChannels, inChannels] = weight;
    const [batch, , height, width] = call.output.type.shape as [number, number, number, number];
    const all = Math.ceil(width / (4 * outputs)) * Math.ceil(height / outputs);
    const channels = shareOut(outChannels, CHANNELS, STRIP);
    const ranges = batch * Math.ceil(outChannels / channels);
    const isLarge = Math.ceil(all / QUADS) * ranges >= FEWEST_ITEMS;
    const quads = shareOut(all, isLarge ? QUADS : FEWER_QUADS, 1);
    const words = [
      ...addressesOf(call),
      ...[inChannels, outChannels, height, width, reluInput ? 1 : 0, floatWord(gain), residualScale],
      ...[outputs, quads, channels, shareParts(inChannels)],
    ];
    return [{ kernel: 'winograd_conv2d', items: Math.ceil(all / quads) * ranges, words }];
  },
};
