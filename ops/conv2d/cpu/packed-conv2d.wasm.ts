/**
 * packed_conv2d and what is built on it, without an im2col of the whole map: an item is a rectangle of pixels and some
 * output channels. Its pixels are packed into strips in scratch, a part of the sum at a time where it is long, and each
 * panel of four output channels is multiplied with all strips while it lies in the first cache. Where several items
 * read the same pixels, all strips are packed once before, in memory that they share.
 */
import { SPREAD, STRIP, multiplyTile, spreadAndMultiplyTile } from '../../cpu/tile.wasm';
import { spreadHalves } from '../../cpu/panels.wasm';
import { CHUNK, clearBest, compareRow, writeBest } from '../../argmax/cpu/channel-best.wasm';
import { Finish, finishRow, poolRows } from './finish.wasm';
import { Block, Source, clearPadded, packChannels } from './pixels.wasm';

@unmanaged
export class ConvArgs {
  x!: usize;
  panels!: usize;
  bias!: usize;
  residual!: usize;
  output!: usize;
  inChannels!: i32;
  outChannels!: i32;
  /** Of the result. */
  height!: i32;
  width!: i32;
  kernelHeight!: i32;
  kernelWidth!: i32;
  /** 4, or 2 for weights in halves. */
  weightBytes!: i32;
  relu!: i32;
  gain!: f32;
  residualScale!: i32;
  /** Of an item. */
  rows!: i32;
  columns!: i32;
  /** Output channels of an item, a multiple of 4. */
  outputs!: i32;
  /** Input channels that are packed at once. */
  channels!: i32;
  /** Of x. */
  inHeight!: i32;
  inWidth!: i32;
  stride!: i32;
  /** Zeros above x and left of it. */
  top!: i32;
  left!: i32;
  /** Where the strips of all rectangles lie one after another, or 0: each item packs its own. */
  pixels!: usize;
}

/** What an item works with: which part of which image it is, and where its things lie in scratch. */
@unmanaged
export class Item {
  block!: Block;
  source!: Source;
  finish!: Finish;
  image!: i32;
  /** From the first output channel to the last of this item. */
  from!: i32;
  to!: i32;
  spread!: usize;
  padded!: usize;
  strips!: usize;
  sums!: usize;
  /** Pixels, in whole strips. */
  width!: i32;
  /** Where this rectangle's strips lie if all are packed once. */
  pixels!: usize;
  /** The sums of all panels are kept, since the sum has several parts; else there is one panel of them. */
  keeps!: i32;
}

/** Bytes at the start of scratch for what describes an item. */
const DESCRIPTION: usize = 256;

/** Reads which item it is, and lays out scratch. */
export function openItem(item: i32, a: ConvArgs, scratch: usize): Item {
  const down = (a.height + a.rows - 1) / a.rows;
  const across = (a.width + a.columns - 1) / a.columns;
  const parts = (a.outChannels + a.outputs - 1) / a.outputs;
  const rectangle = item % (down * across);
  const part = (item / (down * across)) % parts;
  const it = changetype<Item>(scratch);
  const block = changetype<Block>(scratch + 64);
  const source = changetype<Source>(scratch + 96);
  const finish = changetype<Finish>(scratch + 144);
  it.block = block;
  it.source = source;
  it.finish = finish;
  it.image = item / (down * across * parts);
  block.y = (rectangle / across) * a.rows;
  block.x = (rectangle % across) * a.columns;
  block.rows = min(a.rows, a.height - block.y);
  block.columns = min(a.columns, a.width - block.x);
  it.from = part * a.outputs;
  it.to = min(it.from + a.outputs, a.outChannels);
  const plane = <usize>a.inHeight * a.inWidth;
  source.x = a.x + (<usize>it.image * a.inChannels * plane << 2);
  source.height = a.inHeight;
  source.width = a.inWidth;
  source.stride = a.stride;
  source.top = a.top;
  source.left = a.left;
  source.kernelHeight = a.kernelHeight;
  source.kernelWidth = a.kernelWidth;
  source.relu = a.relu;
  finish.output = a.output;
  finish.bias = a.bias;
  const scale = a.residualScale;
  const residualPlane = <usize>(a.height / scale) * (a.width / scale);
  finish.residual = a.residual ? a.residual + (<usize>it.image * a.outChannels * residualPlane << 2) : 0;
  finish.gain = a.gain;
  finish.residualScale = scale;
  finish.outChannels = a.outChannels;
  finish.height = a.height;
  finish.width = a.width;
  it.keeps = a.channels < a.inChannels ? 1 : 0;
  it.width = (block.rows * block.columns + 7) & ~7;
  const rectangleBytes = <usize>(((a.rows * a.columns + 7) & ~7) * a.inChannels * a.kernelHeight * a.kernelWidth) << 2;
  it.pixels = a.pixels + <usize>(it.image * down * across + rectangle) * rectangleBytes;
  it.spread = scratch + DESCRIPTION;
  it.strips = it.spread + <usize>(a.channels * a.kernelHeight * a.kernelWidth) * SPREAD;
  it.sums = it.strips + (<usize>(a.channels * a.kernelHeight * a.kernelWidth) * it.width << 2);
  it.padded = it.sums + (<usize>(it.keeps ? a.outputs : 4) * it.width << 2);
  if (a.kernelHeight * a.kernelWidth > 1 || block.rows > 1 || a.stride > 1) clearPadded(block, source, it.padded);
  return it;
}

/** Four sums for each pixel of an item: those of the panel that begins with output channel `o`, one part of them. */
// @ts-ignore: decorator
@inline
function multiplyPanel(it: Item, a: ConvArgs, o: i32, first: i32, channels: i32, sums: usize): void {
  const taps = a.kernelHeight * a.kernelWidth;
  const k = channels * taps;
  const panel = a.panels + <usize>(o * a.inChannels * taps + 4 * first * taps) * a.weightBytes;
  const stride = <usize>it.width << 2;
  const stripBytes = <usize>k * STRIP;
  const end = it.strips + stride * k;
  let strip = it.strips;
  if (a.weightBytes === 2) spreadHalves(panel, k, it.spread);
  else {
    spreadAndMultiplyTile(k, panel, it.spread, strip, sums, stride, first > 0);
    strip += stripBytes;
    sums += 32;
  }
  for (; strip < end; strip += stripBytes, sums += 32) multiplyTile(k, it.spread, strip, sums, stride, first > 0);
}

/** What becomes of the sums of a panel: they are written, written after a 2×2 pool, or looked through for the best. */
const WRITE: i32 = 0;
const POOL: i32 = 1;
const BEST: i32 = 2;

/** Packs each part of the sum and multiplies it with the panels; the last part of each panel ends as told. */
// @ts-ignore: decorator
@inline
function convolve(it: Item, a: ConvArgs, ending: i32): void {
  for (let first = 0; first < a.inChannels; first += a.channels) {
    const channels = min(a.channels, a.inChannels - first);
    if (a.pixels) it.strips = stripsOf(it, a, first);
    else packChannels(it.block, it.source, first, channels, it.padded, it.strips);
    for (let o = it.from; o < it.to; o += 4) {
      const sums = it.keeps ? it.sums + (<usize>(o - it.from) * it.width << 2) : it.sums;
      multiplyPanel(it, a, o, first, channels, sums);
      if (first + channels < a.inChannels) continue;
      if (ending === WRITE) writePanel(it, a, o, sums);
      else if (ending === POOL) poolPanel(it, a, o, sums);
      else comparePanel(it, a, o, sums);
    }
  }
}

/** Where the strips of a part of the sum lie that begins with channel `first`. */
// @ts-ignore: decorator
@inline
function stripsOf(it: Item, a: ConvArgs, first: i32): usize {
  return it.pixels + (<usize>(first * a.kernelHeight * a.kernelWidth * it.width) << 2);
}

/** Packs all strips once: an item is one part of the sum of a rectangle. It sees a single panel of output channels. */
export function pack_pixels(item: i32, args: usize, scratch: usize): void {
  const a = changetype<ConvArgs>(args);
  const parts = (a.inChannels + a.channels - 1) / a.channels;
  const it = openItem(item / parts, a, scratch);
  const first = (item % parts) * a.channels;
  const channels = min(a.channels, a.inChannels - first);
  packChannels(it.block, it.source, first, channels, it.padded, stripsOf(it, a, first));
}

export function packed_conv2d(item: i32, args: usize, scratch: usize): void {
  const a = changetype<ConvArgs>(args);
  convolve(openItem(item, a, scratch), a, WRITE);
}

/** The same with the largest of each 2×2 pixels: the rows and columns of an item are even. */
export function pooled_conv2d(item: i32, args: usize, scratch: usize): void {
  const a = changetype<ConvArgs>(args);
  convolve(openItem(item, a, scratch), a, POOL);
}

/** Of each chunk of channels the best value and its channel; items are whole chunks. */
export function channel_best(item: i32, args: usize, scratch: usize): void {
  const a = changetype<ConvArgs>(args);
  convolve(openItem(item, a, scratch), a, BEST);
}

function writePanel(it: Item, a: ConvArgs, o: i32, sums: usize): void {
  const plane = <usize>a.height * a.width;
  const last = min(o + 4, a.outChannels);
  for (let channel = o; channel < last; channel++, sums += <usize>it.width << 2) {
    const map = (<usize>it.image * a.outChannels + channel) * plane;
    const at = map + <usize>it.block.y * a.width + it.block.x;
    finishRow(it.finish, it.block, channel, sums, a.output + (at << 2));
  }
}

function poolPanel(it: Item, a: ConvArgs, o: i32, sums: usize): void {
  const block = it.block;
  const width = a.width >> 1;
  const plane = <usize>(a.height >> 1) * width;
  const last = min(o + 4, a.outChannels);
  for (let channel = o; channel < last; channel++, sums += <usize>it.width << 2) {
    finishRow(it.finish, block, channel, sums, sums);
    const map = (<usize>it.image * a.outChannels + channel) * plane;
    const at = map + <usize>(block.y >> 1) * width + (block.x >> 1);
    poolRows(block, sums, a.output + (at << 2), width);
  }
}

/** Scratch holds the best of each pixel so far, and its channel. */
function comparePanel(it: Item, a: ConvArgs, o: i32, sums: usize): void {
  const width = it.width;
  if (o % CHUNK === 0) clearBest(it.padded, width);
  const last = min(o + 4, a.outChannels);
  for (let channel = o; channel < last; channel++, sums += <usize>width << 2) {
    compareRow(channel, a.bias ? load<f32>(a.bias + (<usize>channel << 2)) : 0, sums, it.padded, width);
  }
  if (last % CHUNK !== 0 && last < a.outChannels) return;
  const chunks = (a.outChannels + CHUNK - 1) / CHUNK;
  const plane = <usize>a.height * a.width;
  const map = (<usize>it.image * chunks + o / CHUNK) * 4 * plane;
  const at = map + <usize>it.block.y * a.width + it.block.x;
  writeBest(it.padded, width, it.block.rows * it.block.columns, a.output + (at << 2), plane << 2);
}
