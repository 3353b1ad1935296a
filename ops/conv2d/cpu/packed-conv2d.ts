/**
 * packed_conv2d on the CPU: how the work is cut into items, each a rectangle of pixels for some output channels
 * (packed-conv2d.wasm.ts).
 */
import { floatWord } from '../../../engine/index.ts';
import type { CpuCall, CpuKernel, TypedCall } from '../../../engine/index.ts';
import { chunkQuads } from '../../argmax/attributes.ts';
import type { PackedConv2dAttributes } from '../attributes.ts';
import { PANEL, bytesOfNumber } from './pack-weights.ts';

/** Columns of the register tile. */
const STRIP = 8;
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

export const packedConv2dCpu: CpuKernel<PackedConv2dAttributes> = makeKernel('packed_conv2d', PANEL, (call) => {
  const { weight, residualScale, strides } = call.attributes;
  const [, , height, width] = call.output.type.shape as [number, number, number, number];
  // A map that is read pixel by pixel is one long row.
  const isFlat = weight[2] * weight[3] === 1 && residualScale === 1 && !strides;
  const map = isFlat ? { height: 1, width: height * width } : { height, width };
  return { map, rectangle: cutMap(map) };
});

/** With a pool behind it, items are pairs of rows. */
export const pooledConv2dCpu: CpuKernel<PackedConv2dAttributes> = makeKernel('pooled_conv2d', PANEL, (call) => {
  const [, , height, width] = call.inputs[0]!.type.shape as [number, number, number, number];
  const pairs = cutMap({ height: Math.ceil(height / 2), width }, PIXELS / 2);
  return { map: { height, width }, rectangle: { rows: 2 * pairs.rows, columns: pairs.columns } };
});

/** Of the channels of a 1×1 convolution the best of each chunk; items are whole chunks. */
export const channelBestCpu: CpuKernel<PackedConv2dAttributes> = makeKernel('channel_best', 4 * chunkQuads, (call) => {
  const [, , height, width] = call.inputs[0]!.type.shape as [number, number, number, number];
  const map = { height: 1, width: height * width };
  return { map, rectangle: cutMap(map) };
});

/** How pixels are cut into rectangles. */
type Cut = (call: TypedCall<PackedConv2dAttributes>) => { readonly map: Map; readonly rectangle: Rectangle };

/** @param step items have a multiple of so many output channels */
function makeKernel(kernel: string, step: number, cut: Cut): CpuKernel<PackedConv2dAttributes> {
  return {
    sharedBytes: (call) => (call.attributes.lanes === 1 ? shareWork(call, cut(call), step).sharedBytes : 0),
    calls(call) {
      if (call.attributes.lanes !== 1) return undefined;
      const pieces = cut(call);
      const { outputs, rectangles, sharedBytes } = shareWork(call, pieces, step);
      const [outChannels] = call.attributes.weight;
      const pixels = sharedBytes > 0 ? call.shared : 0;
      const wordsFor = (channels: number, each: number): number[] => listWords(call, pieces, channels, each, pixels);
      const items = rectangles * Math.ceil(outChannels / outputs);
      const convolve = { kernel, items, words: wordsFor(outChannels, outputs) };
      if (sharedBytes === 0) return [convolve];
      const parts = Math.ceil(call.attributes.weight[1] / longestPart(call.attributes));
      return [{ kernel: 'pack_pixels', items: rectangles * parts, words: wordsFor(PANEL, PANEL) }, convolve];
    },
  };
}

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

/** How many rectangles there are, output channels of an item, and bytes of pixels that items share. */
function shareWork(
  { attributes: { weight }, inputs }: TypedCall<PackedConv2dAttributes>,
  { map, rectangle: { rows, columns } }: ReturnType<Cut>,
  step: number,
): { rectangles: number; outputs: number; sharedBytes: number } {
  const [outChannels, inChannels, ...kernel] = weight;
  const taps = kernel[0] * kernel[1];
  const rectangles = inputs[0]!.type.shape[0]! * Math.ceil(map.height / rows) * Math.ceil(map.width / columns);
  const outputs = shareOutputs(outChannels, rows * columns * inChannels * taps, rectangles, step);
  // Where items read the same pixels, those of a 1×1 convolution are packed once for all: no more than there are in x.
  const isShared = taps === 1 && outChannels > outputs;
  const sharedBytes = isShared ? 4 * rectangles * STRIP * Math.ceil((rows * columns) / STRIP) * inChannels : 0;
  return { rectangles, outputs, sharedBytes };
}

/** Input channels that are added up at once. */
function longestPart({ weight: [, inChannels, kernelHeight, kernelWidth] }: PackedConv2dAttributes): number {
  return shareOut(inChannels, Math.max(1, Math.floor(PART / (kernelHeight * kernelWidth))), 1);
}

/** What the kernels are told: of so many output channels an item has `outputs`. */
function listWords(
  call: CpuCall<PackedConv2dAttributes>,
  { map, rectangle }: ReturnType<Cut>,
  outChannels: number,
  outputs: number,
  pixels: number,
): number[] {
  const { reluInput, weight, gain = 1, residualScale, strides } = call.attributes;
  const [, inChannels, kernelHeight, kernelWidth] = weight;
  return [
    ...addressesOf(call),
    ...[inChannels, outChannels, map.height, map.width, kernelHeight, kernelWidth, bytesOfNumber(call.inputs[1]!)],
    ...[reluInput ? 1 : 0, floatWord(gain), residualScale, rectangle.rows, rectangle.columns, outputs],
    longestPart(call.attributes),
    ...(strides ? call.inputs[0]!.type.shape.slice(2) : [map.height, map.width]),
    ...(strides ? [strides.stride, ...strides.before] : [1, (kernelHeight - 1) / 2, (kernelWidth - 1) / 2]),
    pixels,
  ];
}

/** Output channels of an item, a multiple of `step`, for `work` multiply-adds each. */
function shareOutputs(outChannels: number, work: number, rectangles: number, step: number): number {
  const most = Math.min(MOST_WORK / work, (outChannels * rectangles) / FEWEST_ITEMS);
  return shareOut(outChannels, Math.max(FEWEST_OUTPUTS, Math.floor(most / step) * step), step);
}
