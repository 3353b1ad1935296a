/**
 * packed_conv2d on the CPU: how the work is cut into items, each a rectangle of pixels for some output channels
 * (packed-conv2d.wasm.ts).
 */
import { floatWord } from '../../../engine/index.ts';
import type { CpuCall, CpuKernel, CpuOperand } from '../../../engine/index.ts';
import { chunkQuads } from '../../argmax/attributes.ts';
import type { PackedConv2dAttributes } from '../attributes.ts';
import { PANEL, bytesOfNumber } from './pack-weights.ts';

/** Pixels of an item: the more, the less its panels cost to spread. With a part of a sum they fit the second cache. */
const PIXELS = 128;
/** Longest part of a sum: a spread panel and a strip of it fit the first cache. */
const PART = 256;
/** Multiply-adds of an item: about 2 ms. */
const MOST_WORK = 45e6;
/** Fewer output channels than this would not be worth packing pixels for. */
const FEWEST_OUTPUTS = 64;
/** Items that keep a few threads busy to the end. */
const FEWEST_ITEMS = 16;

export const packedConv2dCpu: CpuKernel<PackedConv2dAttributes> = {
  calls(call) {
    const { attributes, output } = call;
    if (attributes.lanes !== 1) return undefined;
    const [, , kernelHeight, kernelWidth] = attributes.weight;
    const [, , height, width] = output.type.shape as [number, number, number, number];
    // A map that is read pixel by pixel is one long row.
    const isFlat = kernelHeight * kernelWidth === 1 && attributes.residualScale === 1 && !attributes.strides;
    const map = isFlat ? { height: 1, width: height * width } : { height, width };
    return [convolve('packed_conv2d', call, map, cutMap(map))];
  },
};

/** With a pool behind it, items are pairs of rows. */
export const pooledConv2dCpu: CpuKernel<PackedConv2dAttributes> = {
  calls(call) {
    if (call.attributes.lanes !== 1) return undefined;
    const [, , height, width] = call.inputs[0]!.type.shape as [number, number, number, number];
    const pairs = cutMap({ height: Math.ceil(height / 2), width }, PIXELS / 2);
    return [convolve('pooled_conv2d', call, { height, width }, { rows: 2 * pairs.rows, columns: pairs.columns })];
  },
};

/** Of the channels of a 1×1 convolution the best of each chunk; items are whole chunks. */
export const channelBestCpu: CpuKernel<PackedConv2dAttributes> = {
  calls(call) {
    if (call.attributes.lanes !== 1) return undefined;
    const [, , height, width] = call.inputs[0]!.type.shape as [number, number, number, number];
    const map = { height: 1, width: height * width };
    return [convolve('channel_best', call, map, cutMap(map), 4 * chunkQuads)];
  },
};

interface Map {
  readonly height: number;
  readonly width: number;
}

/** A rectangle of pixels: part of a row, or whole rows. */
interface Rectangle {
  readonly rows: number;
  readonly columns: number;
}

function cutMap({ height, width }: Map, pixels = PIXELS): Rectangle {
  if (width > pixels) return { rows: 1, columns: shareOut(width, pixels, 8) };
  return { rows: shareOut(height, Math.floor(pixels / width), 1), columns: width };
}

/** The size of equal parts, none above `most`, of which all but the last are multiples of `step`. */
export function shareOut(size: number, most: number, step: number): number {
  const parts = Math.ceil(size / most);
  return step * Math.ceil(size / parts / step);
}

/** Addresses of x, weight, bias, residual and result, as the kernels want them; 0 for what there is not. */
export function addressesOf({ inputs, output }: CpuCall<unknown>): number[] {
  const addressOf = (wanted: string): number => inputs.find(({ name }) => name === wanted)?.address ?? 0;
  return [...['x', 'packed', 'bias', 'residual'].map(addressOf), output.address];
}

function convolve(
  kernel: string,
  call: CpuCall<PackedConv2dAttributes>,
  { height, width }: Map,
  { rows, columns }: Rectangle,
  step = PANEL,
): { kernel: string; items: number; words: number[] } {
  const { reluInput, weight, gain = 1, residualScale, strides } = call.attributes;
  const [outChannels, inChannels, kernelHeight, kernelWidth] = weight;
  const [x, packed] = call.inputs as [CpuOperand, CpuOperand];
  const taps = kernelHeight * kernelWidth;
  const batch = x.type.shape[0]!;
  const rectangles = batch * Math.ceil(height / rows) * Math.ceil(width / columns);
  const outputs = shareOutputs(outChannels, rows * columns * inChannels * taps, rectangles, step);
  const words = [
    ...addressesOf(call),
    ...[inChannels, outChannels, height, width, kernelHeight, kernelWidth, bytesOfNumber(packed)],
    ...[reluInput ? 1 : 0, floatWord(gain), residualScale, rows, columns, outputs],
    shareOut(inChannels, Math.max(1, Math.floor(PART / taps)), 1),
    ...(strides ? x.type.shape.slice(2) : [height, width]),
    ...(strides ? [strides.stride, ...strides.before] : [1, (kernelHeight - 1) / 2, (kernelWidth - 1) / 2]),
  ];
  return { kernel, items: rectangles * Math.ceil(outChannels / outputs), words };
}

/** Output channels of an item, a multiple of `step`, for `work` multiply-adds each. */
function shareOutputs(outChannels: number, work: number, rectangles: number, step: number): number {
  const most = Math.min(MOST_WORK / work, (outChannels * rectangles) / FEWEST_ITEMS);
  return shareOut(outChannels, Math.max(FEWEST_OUTPUTS, Math.floor(most / step) * step), step);
}
