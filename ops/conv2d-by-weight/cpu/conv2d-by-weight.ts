/**
 * conv2d_by_weight on the CPU: how pixels are cut into blocks and parts, and channels into items
 * (conv2d-by-weight.wasm.ts). All of it follows from shapes: the same sums, whoever computes them.
 */
import { sizeOf } from '../../../engine/index.ts';
import type { CpuKernel, CpuOperand, KernelCall, TypedCall } from '../../../engine/index.ts';
import { areFloats, cutElements } from '../../items.ts';
import { shareOut } from '../../conv2d/cpu/packed-conv2d.ts';
import type { Conv2dByWeightAttributes } from '../attributes.ts';

/** Pixels of a block: four maps of the cotangent fit the first cache. */
const PIXELS = 1024;
/** A row as long as this is a stretch of its own; of shorter ones a copy for each column of taps makes one stretch. */
const LONG_ROW = 32;
/** Bytes of copies at once, with which a panel of the cotangent is multiplied: within the second cache. */
const COPIES = 192 * 1024;
/** Bytes of an item's sums. */
const SUMS = 1024 * 1024;
/** Output channels of an item, at most. */
const OUTPUTS = 512;
/** Multiply-adds of an item: what takes some 50 µs, and 2 ms. */
const LEAST_WORK = 1e6;
const MOST_WORK = 45e6;
/** Items that keep a few threads busy to the end. */
const ITEMS = 16;
/** Fewer columns of sums than this would not be worth reading the cotangent for. */
const COLUMNS = 32;
/** Numbers that a thread adds up in some 20 µs. */
const GRAIN = 32_768;

/** How x is read, as the kernel counts it. */
const forms = { direct: 0, rows: 1, shifted: 2, taps: 3 } as const;

export const conv2dByWeightCpu: CpuKernel<Conv2dByWeightAttributes> = {
  sharedBytes(call) {
    const { parts } = cutWork(call);
    return parts === 1 ? 0 : 4 * parts * sizeOf(call.output.type.shape);
  },
  calls(call) {
    const [cotangent, x] = call.inputs as [CpuOperand, CpuOperand];
    if (!areFloats([...call.inputs, call.output])) return undefined;
    const { sizes, block, blocks, parts, outputs, inputs, channels, form, items } = cutWork(call);
    const { kernel, stride, before, reluInput } = call.attributes;
    const sums = parts === 1 ? call.output.address : call.shared;
    const words = [
      ...[cotangent.address, x.address, sums, sizes.batch, sizes.outChannels, sizes.inChannels],
      ...[...sizes.map, ...sizes.inMap, ...kernel, stride, ...before, reluInput ? 1 : 0],
      ...[block.images, block.rows, block.columns, blocks, outputs, inputs, channels, form],
    ];
    const multiply = { kernel: 'conv2d_by_weight', items, words };
    return [multiply, ...callSumParts(sums, call.output, parts)];
  },
};

/** Parts of a result one behind the other, added in order; nothing where the only one is the result. */
export function callSumParts(from: number, output: CpuOperand, parts: number): readonly KernelCall[] {
  if (parts === 1) return [];
  const count = sizeOf(output.type.shape);
  const { items, each } = cutElements(count, GRAIN / parts);
  return [{ kernel: 'sum_parts', items, words: [from, output.address, count, each, parts] }];
}

type Call = TypedCall<Conv2dByWeightAttributes>;

interface Sizes {
  readonly batch: number;
  readonly outChannels: number;
  readonly inChannels: number;
  /** Of the cotangent, and of x. */
  readonly map: readonly [height: number, width: number];
  readonly inMap: readonly [height: number, width: number];
  /** Each pixel of the result is made of the same one of x alone. */
  readonly isFlat: boolean;
}

/** Maps that are read pixel by pixel are one long row. */
function sizesOf({ inputs: [cotangent, x], attributes: { kernel, stride } }: Call): Sizes {
  const [batch, outChannels, ...map] = cotangent!.type.shape as [number, number, number, number];
  const [, inChannels, ...inMap] = x!.type.shape as [number, number, number, number];
  const isFlat = kernel[0] * kernel[1] === 1 && stride === 1 && map.every((size, axis) => size === inMap[axis]);
  const flat = [1, map[0] * map[1]] as const;
  return isFlat
    ? { batch, outChannels, inChannels, map: flat, inMap: flat, isFlat }
    : { batch, outChannels, inChannels, map, inMap, isFlat };
}

function formOf({ attributes: { stride, reluInput } }: Call, { isFlat, map }: Sizes): keyof typeof forms {
  if (stride > 1) return 'taps';
  if (isFlat) return reluInput ? 'shifted' : 'direct';
  return map[1] >= LONG_ROW ? 'rows' : 'shifted';
}

function cutWork(call: Call) {
  const sizes = sizesOf(call);
  const { batch, outChannels, inChannels, map } = sizes;
  const [kernelHeight, kernelWidth] = call.attributes.kernel;
  const taps = kernelHeight * kernelWidth;
  const [height, width] = map;
  const form = formOf(call, sizes);
  const columns = width > PIXELS ? shareOut(width, PIXELS, 4) : width;
  const rows = columns < width ? 1 : shareOut(height, Math.max(1, Math.floor(PIXELS / width)), 1);
  const isWhole = rows === height && columns === width && form !== 'rows';
  const images = isWhole ? shareOut(batch, Math.max(1, Math.floor(PIXELS / (rows * columns))), 1) : 1;
  const all = Math.ceil(batch / images) * Math.ceil(height / rows) * Math.ceil(width / columns);
  const pixels = batch * height * width;
  const work = outChannels * inChannels * taps * pixels;
  const wanted = Math.max(work / MOST_WORK, Math.min(ITEMS, work / LEAST_WORK));
  // Parts of the pixels first: each reads its own; as long as their sums are little beside what is read.
  const readings = ((outChannels + inChannels) * pixels) / (4 * outChannels * inChannels * taps);
  const blocks = Math.ceil(all / Math.max(1, Math.min(wanted, all, Math.floor(readings))));
  const parts = Math.ceil(all / blocks);
  const outputs = outChannels > OUTPUTS ? shareOut(outChannels, OUTPUTS, 4) : 4 * Math.ceil(outChannels / 4);
  const outRanges = Math.ceil(outChannels / outputs);
  const ranges = Math.min(wanted / (parts * outRanges), (inChannels * taps) / COLUMNS);
  const mostInputs = Math.max(1, Math.floor(SUMS / (4 * outputs * taps)));
  const inputs = shareOut(inChannels, Math.min(mostInputs, Math.ceil(inChannels / Math.max(1, ranges))), 1);
  const copiedRows = images * (form === 'taps' ? rows : rows + kernelHeight - 1);
  const copies = { direct: 0, rows: 1, shifted: kernelWidth, taps }[form];
  const bytes = 4 * copies * copiedRows * (columns + kernelWidth + 2) + 80;
  const channels = form === 'direct' ? inputs : Math.max(1, Math.min(inputs, Math.floor(COPIES / bytes)));
  const items = parts * outRanges * Math.ceil(inChannels / inputs);
  const block = { images, rows, columns };
  return { sizes, block, blocks, parts, outputs, inputs, channels, form: forms[form], items };
}
