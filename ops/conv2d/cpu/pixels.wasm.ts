/**
 * Where a convolution reads: a rectangle of pixels of one image, with the taps around them, as strips of eight pixels.
 * A few input channels at a time are copied with a border of zeros into scratch, clipped by ReLU where that is wanted;
 * from there each tap of a strip is two vectors, wherever it lies.
 */
import { STRIP } from '../../cpu/tile.wasm';

/** A rectangle of an image; with more than one row it is as wide as the image. */
@unmanaged
export class Block {
  y!: i32;
  x!: i32;
  rows!: i32;
  columns!: i32;
}

/** What is read, and how. */
@unmanaged
export class Source {
  /** The first channel of the image. */
  x!: usize;
  height!: i32;
  width!: i32;
  kernelHeight!: i32;
  kernelWidth!: i32;
  relu!: i32;
  /** Pixels from one window to the next: 1 or 2. */
  stride!: i32;
  /** Zeros above the image and left of it. */
  top!: i32;
  left!: i32;
}

// @ts-ignore: decorator
@inline
function clip(value: v128, relu: bool): v128 {
  // As ReLU does, it leaves a NaN what it is.
  return relu ? f32x4.pmax(value, f32x4.splat(0)) : value;
}

/** Rows or columns of x that windows of so many pixels of the result see. */
// @ts-ignore: decorator
@inline
function seen(pixels: i32, stride: i32, kernel: i32): i32 {
  return (pixels - 1) * stride + kernel;
}

/** Floats of a row of the padded copy: eight windows more than needed, since strips are read whole. */
// @ts-ignore: decorator
@inline
function paddedWidth(columns: i32, source: Source): i32 {
  return (seen(columns, source.stride, source.kernelWidth) + 8 * source.stride + 3) & ~3;
}

/** Zeros where the padded copy of a block lies. */
export function clearPadded(block: Block, source: Source, padded: usize): void {
  const width = paddedWidth(block.columns, source);
  memory.fill(padded, 0, <usize>(width * seen(block.rows, source.stride, source.kernelHeight) + 16) << 2);
}

/** Copies what a block sees of one channel; what lies outside the image stays zero. */
function copyPadded(block: Block, source: Source, channel: usize, padded: usize): void {
  const step = source.stride;
  const firstY = block.y * step - source.top;
  const firstX = block.x * step - source.left;
  const stride = paddedWidth(block.columns, source);
  const left = max(0, firstX);
  const right = min(source.width, firstX + seen(block.columns, step, source.kernelWidth));
  const count = right - left;
  const top = max(0, firstY);
  const bottom = min(source.height, firstY + seen(block.rows, step, source.kernelHeight));
  const relu = source.relu !== 0;
  for (let y = top; y < bottom; y++) {
    let from = channel + (<usize>(y * source.width + left) << 2);
    let to = padded + (<usize>((y - firstY) * stride + left - firstX) << 2);
    const end = from + (<usize>count << 2);
    for (; from + 16 <= end; from += 16, to += 16) v128.store(to, clip(v128.load(from), relu));
    for (; from < end; from += 4, to += 4) {
      const value = load<f32>(from);
      store<f32>(to, relu && value < 0 ? 0 : value);
    }
  }
}

/** The first and the third of four numbers, and of four more. */
// @ts-ignore: decorator
@inline
function everyOther(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 2, 4, 6);
}

/** Strips of a channel by taps from its padded copy: [strips][k][8], `k` at `to`, `stripBytes` from one to the next. */
function packTaps(block: Block, source: Source, padded: usize, to: usize, stripBytes: usize): void {
  const stride = paddedWidth(block.columns, source);
  const step = source.stride;
  const pixels = block.rows * block.columns;
  const kernelHeight = source.kernelHeight;
  const kernelWidth = source.kernelWidth;
  for (let first = 0; first < pixels; first += 8, to += stripBytes) {
    const row = first / block.columns;
    const column = first - row * block.columns;
    let strip = to;
    if (column + 8 <= block.columns || row === block.rows - 1) {
      let from = padded + (<usize>(step * (row * stride + column)) << 2);
      for (let dy = 0; dy < kernelHeight; dy++, from += <usize>stride << 2) {
        for (let dx = 0; dx < kernelWidth; dx++, strip += STRIP) {
          const tap = from + (<usize>dx << 2);
          if (step === 1) {
            v128.store(strip, v128.load(tap));
            v128.store(strip, v128.load(tap, 16), 16);
          } else {
            v128.store(strip, everyOther(v128.load(tap), v128.load(tap, 16)));
            v128.store(strip, everyOther(v128.load(tap, 32), v128.load(tap, 48)), 16);
          }
        }
      }
    } else {
      // The strip goes on in the next rows.
      for (let lane = 0; lane < 8; lane++) {
        const pixel = min(first + lane, pixels - 1);
        const y = pixel / block.columns;
        let from = padded + (<usize>(step * (y * stride + pixel - y * block.columns)) << 2);
        let at = to + (<usize>lane << 2);
        for (let dy = 0; dy < kernelHeight; dy++, from += <usize>stride << 2) {
          for (let dx = 0; dx < kernelWidth; dx++, at += STRIP) store<f32>(at, load<f32>(from + (<usize>dx << 2)));
        }
      }
    }
  }
}

/** Strips of a channel of a 1×1 kernel, whose block is a stretch of one row: straight from where it lies. */
function packStretch(block: Block, source: Source, channel: usize, to: usize, stripBytes: usize): void {
  const relu = source.relu !== 0;
  let from = channel + (<usize>(block.y * source.width + block.x) << 2);
  for (let first = 0; first < block.columns; first += 8, from += 32, to += stripBytes) {
    v128.store(to, clip(v128.load(from), relu));
    v128.store(to, clip(v128.load(from, 16), relu), 16);
  }
}

/** Strips of `channels` channels from the first on. `padded` was cleared for this block. */
export function packChannels(
  block: Block, source: Source, first: i32, channels: i32, padded: usize, to: usize,
): void {
  const plane = <usize>source.height * source.width << 2;
  const taps = source.kernelHeight * source.kernelWidth;
  const stripBytes = <usize>(channels * taps) * STRIP;
  const isStretch = taps === 1 && block.rows === 1 && source.stride === 1;
  let channel = source.x + <usize>first * plane;
  for (let c = 0; c < channels; c++, channel += plane, to += <usize>taps * STRIP) {
    if (isStretch) packStretch(block, source, channel, to, stripBytes);
    else {
      copyPadded(block, source, channel, padded);
      packTaps(block, source, padded, to, stripBytes);
    }
  }
}
