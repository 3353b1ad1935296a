/**
 * winograd_by_weight on the CPU: how tiles are cut into blocks and parts, and channels into items
 * (winograd-by-weight.wasm.ts). All of it follows from shapes: the same sums, whoever computes them.
 */
import { sizeOf } from '../../../engine/index.ts';
import type { CpuKernel, CpuOperand, TypedCall } from '../../../engine/index.ts';
import { shareOut } from '../../conv2d/cpu/packed-conv2d.ts';
import { callSumParts } from '../../conv2d-by-weight/cpu/conv2d-by-weight.ts';
import { areFloats } from '../../items.ts';
import type { WinogradByWeightAttributes } from '../attributes.ts';

/** Quads of a block, four tiles each: sums run along them. */
const QUADS = 16;
/** Channels of an item on either side, whose tiles of a block and sums fit the second cache. */
const CHANNELS = 32;
/** Multiply-adds of an item: about 2 ms. */
const MOST_WORK = 45e6;
/** Items that keep a few threads busy to the end. */
const ITEMS = 16;

export const winogradByWeightCpu: CpuKernel<WinogradByWeightAttributes> = {
  sharedBytes(call) {
    const { parts } = cutWork(call);
    return parts === 1 ? 0 : 4 * parts * sizeOf(call.output.type.shape);
  },
  calls(call) {
    const [cotangent, x] = call.inputs as [CpuOperand, CpuOperand];
    if (!areFloats([...call.inputs, call.output])) return undefined;
    const { quads, blocks, parts, outputs, inputs, items } = cutWork(call);
    const [batch, outChannels, height, width] = cotangent.type.shape as [number, number, number, number];
    const sums = parts === 1 ? call.output.address : call.shared;
    const { reluInput, outputs: tile } = call.attributes;
    // As winograd_conv2d has them, of which some are not looked at.
    const words = [
      ...[x.address, 0, 0, 0, sums, x.type.shape[1]!, outChannels, height, width, reluInput ? 1 : 0, 0, 1, tile],
      ...[quads, outputs, inputs, cotangent.address, batch, blocks],
    ];
    return [{ kernel: 'winograd_by_weight', items, words }, ...callSumParts(sums, call.output, parts)];
  },
};

function cutWork({ inputs: [cotangent, x], attributes: { outputs: tile } }: TypedCall<WinogradByWeightAttributes>) {
  const [batch, outChannels, height, width] = cotangent!.type.shape as [number, number, number, number];
  const inChannels = x!.type.shape[1]!;
  const all = batch * Math.ceil(width / (4 * tile)) * Math.ceil(height / tile);
  const quads = shareOut(all, QUADS, 1);
  const outputs = shareOut(outChannels, CHANNELS, 4);
  const inputs = shareOut(inChannels, CHANNELS, 2);
  const ranges = Math.ceil(outChannels / outputs) * Math.ceil(inChannels / inputs);
  const work = 4 * all * (tile + 2) ** 2 * outChannels * inChannels;
  const wanted = Math.ceil(Math.max(ITEMS, work / MOST_WORK) / ranges);
  const allBlocks = Math.ceil(all / quads);
  const blocks = Math.ceil(allBlocks / Math.min(wanted, allBlocks));
  const parts = Math.ceil(allBlocks / blocks);
  return { quads, blocks, parts, outputs, inputs, items: parts * ranges };
}
