/**
 * conv2d_by_weight without an im2col: an item is a part of the pixels for some input and output channels. Pixels are
 * taken a block at a time; what the block sees of some input channels is copied with a border of zeros, and each panel
 * of four maps of the cotangent, read where it lies, is multiplied with every tap of the copies.
 *
 * Sums of a part of the pixels are those of its blocks, one after another; parts are added in order (sum_parts). How
 * pixels are cut depends on shapes alone, so the same numbers come whatever the number of threads.
 */
import { Runs, multiplyMaps } from './dot-tile.wasm';

@unmanaged
class ByWeightArgs {
  cotangent!: usize;
  x!: usize;
  /** [parts, O, I, KH, KW]. */
  result!: usize;
  batch!: i32;
  outChannels!: i32;
  inChannels!: i32;
  /** Of a map of the cotangent, and of x. */
  height!: i32;
  width!: i32;
  inHeight!: i32;
  inWidth!: i32;
  kernelHeight!: i32;
  kernelWidth!: i32;
  stride!: i32;
  /** Zeros above x and left of it. */
  top!: i32;
  left!: i32;
  relu!: i32;
  /** Of a block: whole maps where there are several images, whole rows where there are several of those. */
  images!: i32;
  rows!: i32;
  columns!: i32;
  /** Blocks of a part of the pixels. */
  blocks!: i32;
  /** Output channels of an item, a multiple of 4, and input channels. */
  outputs!: i32;
  inputs!: i32;
  /** Input channels that are copied at once. */
  channels!: i32;
  /** How x is read: see below. */
  form!: i32;
}

/** As it lies, where there are neither taps nor ReLU. */
const DIRECT: i32 = 0;
/** One copy: each row of pixels is a stretch, and taps lie beside each other. */
const ROWS: i32 = 1;
/** A copy for each column of taps: all rows are one stretch, and rows of taps lie a row of pixels apart. */
const SHIFTED: i32 = 2;
/** A copy for each tap. */
const TAPS: i32 = 3;

/** Where things lie in scratch. */
const RUNS: usize = 0;
const BLOCK: usize = 64;
const OFFSETS: usize = 128;

@unmanaged
class Block {
  image!: i32;
  images!: i32;
  y!: i32;
  rows!: i32;
  x!: i32;
  columns!: i32;
}

/** How far apart channels, columns and rows of taps lie, in bytes. */
@unmanaged
class Steps {
  channel!: usize;
  column!: usize;
  row!: usize;
}

// @ts-ignore: decorator
@inline
function divideUp(a: i32, b: i32): i32 {
  return (a + b - 1) / b;
}

export function conv2d_by_weight(item: i32, args: usize, scratch: usize): void {
  const a = changetype<ByWeightArgs>(args);
  const taps = a.kernelHeight * a.kernelWidth;
  const outRanges = divideUp(a.outChannels, a.outputs);
  const inRanges = divideUp(a.inChannels, a.inputs);
  const fromO = (item % outRanges) * a.outputs;
  const toO = min(fromO + a.outputs, a.outChannels);
  const fromI = ((item / outRanges) % inRanges) * a.inputs;
  const toI = min(fromI + a.inputs, a.inChannels);
  const part = item / (outRanges * inRanges);
  const runs = changetype<Runs>(scratch + RUNS);
  const steps = changetype<Steps>(scratch + RUNS + 32);
  const block = changetype<Block>(scratch + BLOCK);
  const offsets = scratch + OFFSETS; // of the taps of copied channels
  const sums = offsets + (<usize>(a.channels * taps * 4 + 63) & ~63); // [panels][inputs · taps][4]
  const panel = <usize>((toI - fromI) * taps) << 4;
  const copies = sums + <usize>divideUp(toO - fromO, 4) * panel;
  memory.fill(sums, 0, copies - sums);
  const plane = <usize>(a.height * a.width) << 2;
  const all = divideUp(a.batch, a.images) * divideUp(a.height, a.rows) * divideUp(a.width, a.columns);
  const last = min((part + 1) * a.blocks, all);
  for (let at = part * a.blocks; at < last; at++) {
    openBlock(a, at, block);
    describeRuns(a, block, runs, steps);
    const first = a.cotangent + ((<usize>block.image * a.outChannels * a.height + block.y) * a.width + block.x << 2);
    for (let i = fromI; i < toI; i += a.channels) {
      const channels = min(a.channels, toI - i);
      const from = a.form === DIRECT ? directly(a, block, i) : copies;
      if (a.form !== DIRECT) copyChannels(a, block, i, channels, copies);
      listOffsets(a, steps, channels, from, offsets);
      const end = offsets + (<usize>(channels * taps) << 2);
      for (let o = fromO; o < toO; o += 4) {
        // Rows of a last panel that there are no channels for are those of its first, and are not written.
        const g0 = first + <usize>o * plane;
        const g1 = o + 1 < toO ? g0 + plane : g0;
        const g2 = o + 2 < toO ? g0 + 2 * plane : g0;
        const g3 = o + 3 < toO ? g0 + 3 * plane : g0;
        let to = sums + <usize>((o - fromO) >> 2) * panel + (<usize>((i - fromI) * taps) << 4);
        for (let next = offsets; next < end; next += 8, to += 32) {
          const two = next + 4 < end;
          const x0 = <usize>load<u32>(next);
          multiplyMaps(runs, g0, g1, g2, g3, x0, two ? <usize>load<u32>(next, 4) : x0, to, two);
        }
      }
    }
  }
  const result = a.result + (<usize>part * a.outChannels * a.inChannels * taps << 2);
  writeSums(a, sums, panel, fromO, toO, fromI, toI, result);
}

function openBlock(a: ByWeightArgs, at: i32, block: Block): void {
  const across = divideUp(a.width, a.columns);
  const down = divideUp(a.height, a.rows);
  block.x = (at % across) * a.columns;
  block.columns = min(a.columns, a.width - block.x);
  block.y = ((at / across) % down) * a.rows;
  block.rows = min(a.rows, a.height - block.y);
  block.image = (at / (across * down)) * a.images;
  block.images = min(a.images, a.batch - block.image);
}

/** Rows of one copy, and floats of a row. */
// @ts-ignore: decorator
@inline
function copiedRows(a: ByWeightArgs, block: Block): i32 {
  return a.form === TAPS ? block.rows : block.rows + a.kernelHeight - 1;
}

// @ts-ignore: decorator
@inline
function copiedColumns(a: ByWeightArgs, block: Block): i32 {
  return a.form === ROWS ? (block.columns + a.kernelWidth + 2) & ~3 : block.columns;
}

function describeRuns(a: ByWeightArgs, block: Block, runs: Runs, steps: Steps): void {
  const pixels = block.rows * block.columns;
  const copy = <usize>(copiedRows(a, block) * copiedColumns(a, block)) << 2;
  const byRows = a.form === ROWS;
  runs.count = byRows ? block.rows : block.images;
  runs.length = byRows ? block.columns : pixels;
  runs.cotangentStep = byRows ? <usize>a.width << 2 : <usize>(a.outChannels * a.height * a.width) << 2;
  if (a.form === DIRECT) {
    runs.xStep = <usize>(a.inChannels * a.inHeight * a.inWidth) << 2;
    steps.channel = <usize>(a.inHeight * a.inWidth) << 2;
    return;
  }
  runs.xStep = byRows ? <usize>copiedColumns(a, block) << 2 : copy;
  steps.column = byRows ? 4 : copy * block.images;
  const column = a.form === TAPS ? <usize>a.kernelHeight * steps.column : steps.column;
  steps.row = a.form === TAPS ? steps.column : <usize>copiedColumns(a, block) << 2;
  steps.column = column;
  // Copies are read a vector beyond their ends.
  steps.channel = ((byRows ? copy : <usize>a.kernelWidth * column) + 79) & ~63;
}

/** Where the first pixel of a block lies in x. */
// @ts-ignore: decorator
@inline
function directly(a: ByWeightArgs, block: Block, channel: i32): usize {
  const map = <usize>(block.image * a.inChannels + channel) * a.inHeight;
  return a.x + ((map + block.y) * a.inWidth + block.x << 2);
}

/** Addresses of all taps of some channels, those of a column of taps one after another. */
function listOffsets(a: ByWeightArgs, steps: Steps, channels: i32, from: usize, to: usize): void {
  for (let channel = 0; channel < channels; channel++, from += steps.channel) {
    for (let dx = 0; dx < a.kernelWidth; dx++) {
      for (let dy = 0; dy < a.kernelHeight; dy++, to += 4) {
        store<u32>(to, <u32>(from + <usize>dx * steps.column + <usize>dy * steps.row));
      }
    }
  }
}

function copyChannels(a: ByWeightArgs, block: Block, first: i32, channels: i32, to: usize): void {
  const rows = copiedRows(a, block);
  const columns = copiedColumns(a, block);
  const map = <usize>(a.inHeight * a.inWidth) << 2;
  const copiesAcross = a.form === ROWS ? 1 : a.kernelWidth;
  const copiesDown = a.form === TAPS ? a.kernelHeight : 1;
  const size = <usize>(rows * columns) << 2;
  const bytes = (<usize>(copiesAcross * copiesDown * block.images) * size + 79) & ~63;
  for (let channel = first; channel < first + channels; channel++, to += bytes) {
    let into = to;
    for (let dx = 0; dx < copiesAcross; dx++) {
      for (let dy = 0; dy < copiesDown; dy++) {
        for (let image = block.image; image < block.image + block.images; image++) {
          const from = a.x + <usize>(image * a.inChannels + channel) * map;
          const y = block.y * a.stride - a.top + dy;
          const x = block.x * a.stride - a.left + dx;
          for (let row = 0; row < rows; row++, into += <usize>columns << 2) {
            copyRow(a, from, y + row * a.stride, x, columns, into);
          }
        }
      }
    }
  }
}

/** `count` pixels of a row of a map from x on, every other one where that is the stride; zeros beyond the map. */
function copyRow(a: ByWeightArgs, map: usize, y: i32, x: i32, count: i32, to: usize): void {
  const end = to + (<usize>count << 2);
  if (y < 0 || y >= a.inHeight) {
    memory.fill(to, 0, end - to);
    return;
  }
  const least = f32x4.splat(a.relu ? 0 : -Infinity);
  let from = map + (<usize>(y * a.inWidth) << 2);
  if (a.stride > 1) {
    for (; to < end; to += 4, x += a.stride) {
      const value = x >= 0 && x < a.inWidth ? load<f32>(from + (<usize>x << 2)) : 0;
      store<f32>(to, a.relu && value < 0 ? 0 : value);
    }
    return;
  }
  for (; x < 0 && to < end; x++, to += 4) store<f32>(to, 0);
  from += <usize>x << 2;
  const inside = min(end, to + (<usize>max(0, a.inWidth - x) << 2));
  // As ReLU does, it leaves a NaN what it is.
  for (; to + 16 <= inside; to += 16, from += 16) v128.store(to, f32x4.pmax(v128.load(from), least));
  for (; to < inside; to += 4, from += 4) {
    const value = load<f32>(from);
    store<f32>(to, a.relu && value < 0 ? 0 : value);
  }
  for (; to < end; to += 4) store<f32>(to, 0);
}

/** Four output channels beside each other become rows of the weight. */
function writeSums(
  a: ByWeightArgs, sums: usize, panel: usize, fromO: i32, toO: i32, fromI: i32, toI: i32, result: usize,
): void {
  const taps = a.kernelHeight * a.kernelWidth;
  const row = <usize>(a.inChannels * taps) << 2;
  for (let o = fromO; o < toO; o++) {
    let from = sums + <usize>((o - fromO) >> 2) * panel + (<usize>((o - fromO) & 3) << 2);
    let to = result + <usize>o * row + (<usize>(fromI * taps) << 2);
    for (let i = fromI; i < toI; i++, to += <usize>taps << 2) {
      for (let dx = 0; dx < a.kernelWidth; dx++) {
        for (let dy = 0; dy < a.kernelHeight; dy++, from += 16) {
          store<f32>(to + (<usize>(dy * a.kernelWidth + dx) << 2), load<f32>(from));
        }
      }
    }
  }
}
