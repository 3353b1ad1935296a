/**
 * Resampling bit for bit as Pillow's `Image.resize` does it for 8-bit pictures (src/libImaging/Resample.c), by any
 * filter: the kernel widens with the reduction, weights are normalised in double precision and then rounded to 22-bit
 * fixed point, and two passes, horizontal first, each round to 8 bits.
 *
 * Only the pixels of the wanted window are computed, so a crop costs what it shows. Pure: runs in Node and in the
 * browser.
 */
import { ShapeError } from '../base/errors.ts';
import { showValue } from './arguments.ts';
import { checkBox, checkPicture, isSide, withRoom, type Box, type Picture } from './picture.ts';

/** What each input pixel counts for, by its distance from the output pixel. */
export interface Filter {
  /** The distance from which on it counts for nothing. */
  readonly support: number;
  weigh(distance: number): number;
}

/** Pillow's PRECISION_BITS: a 32-bit sum, less 8 bits of pixel, less 2 bits for sign and overshoot. */
const PRECISION_BITS = 32 - 8 - 2;
const ONE = 1 << PRECISION_BITS;
const HALF = ONE >> 1;

/** For each of `count` output positions along one axis: which input positions it sums, with which weights. */
interface Axis {
  readonly count: number;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  /** Fixed-point weights, `stride` places for each output position. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/** What is wanted of a picture: its new size, and of that the pixels inside `window` (all of it unless told). */
interface Resizing {
  readonly width: number;
  readonly height: number;
  readonly window: Box | undefined;
}

/**
 * `picture` resized by a filter. Throws `E_SHAPE` for a malformed picture, sizes that are not whole and positive, or a
 * window that reaches outside; `caller` is named.
 */
export function resize(picture: Picture, { width, height, window }: Resizing, filter: Filter, caller: string): Picture {
  checkPicture(picture, caller);
  if (!isSide(width) || !isSide(height)) {
    throw new ShapeError(
      'E_SHAPE',
      `${caller}: wanted whole positive sides, but got ${showValue(width)} × ${showValue(height)}. Round ` +
        'them first.',
    );
  }
  if (window !== undefined) checkBox({ width, height }, window, caller);
  const box = window ?? { left: 0, top: 0, width, height };
  return withRoom(box.width, box.height, () => {
    const across = planAxis(filter, picture.width, width, box.left, box.width);
    const down = planAxis(filter, picture.height, height, box.top, box.height);
    // The columns of weights move monotonically, so the rows the second pass reads are one contiguous band.
    const firstRow = down.starts[0]!;
    const lastRow = down.starts[box.height - 1]! + down.lengths[box.height - 1]!;
    const band = resampleRows(picture, firstRow, lastRow, across);
    return { width: box.width, height: box.height, data: resampleColumns(band, firstRow, box.width * 3, down) };
  });
}

function planAxis(
  { support: reach, weigh }: Filter,
  inputSize: number,
  outputSize: number,
  first: number,
  count: number,
): Axis {
  const scale = inputSize / outputSize;
  const widening = Math.max(scale, 1);
  const support = reach * widening;
  const stride = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(count);
  const lengths = new Int32Array(count);
  const weights = new Int32Array(count * stride);
  const exact = new Float64Array(stride);
  for (let i = 0; i < count; i++) {
    const centre = (first + i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const length = Math.min(inputSize, Math.trunc(centre + support + 0.5)) - start;
    let total = 0;
    for (let k = 0; k < length; k++) {
      exact[k] = weigh((k + start - centre + 0.5) * (1 / widening));
      total += exact[k]!;
    }
    for (let k = 0; k < length; k++) {
      const scaled = (exact[k]! / total) * ONE;
      weights[i * stride + k] = Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }
    starts[i] = start;
    lengths[i] = length;
  }
  return { count, starts, lengths, weights, stride };
}

/** The horizontal pass over rows `firstRow` to `lastRow` (exclusive): `(lastRow − firstRow) · axis.count · 3` bytes. */
function resampleRows(picture: Picture, firstRow: number, lastRow: number, axis: Axis): Uint8ClampedArray {
  const { data } = picture;
  const result = new Uint8ClampedArray((lastRow - firstRow) * axis.count * 3);
  let to = 0;
  for (let y = firstRow; y < lastRow; y++) {
    const row = y * picture.width * 3;
    for (let x = 0; x < axis.count; x++) {
      const length = axis.lengths[x]!;
      const weight = x * axis.stride;
      let from = row + axis.starts[x]! * 3;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let k = 0; k < length; k++, from += 3) {
        const w = axis.weights[weight + k]!;
        red = (red + data[from]! * w) | 0;
        green = (green + data[from + 1]! * w) | 0;
        blue = (blue + data[from + 2]! * w) | 0;
      }
      result[to++] = red >> PRECISION_BITS;
      result[to++] = green >> PRECISION_BITS;
      result[to++] = blue >> PRECISION_BITS;
    }
  }
  return result;
}

/** The vertical pass over a band of rows whose first is input row `firstRow`. A whole row is summed at a time. */
function resampleColumns(band: Uint8ClampedArray, firstRow: number, rowBytes: number, axis: Axis): Uint8Array {
  const result = new Uint8ClampedArray(axis.count * rowBytes);
  const sums = new Int32Array(rowBytes);
  for (let y = 0; y < axis.count; y++) {
    sums.fill(HALF);
    for (let k = 0; k < axis.lengths[y]!; k++) {
      const w = axis.weights[y * axis.stride + k]!;
      const row = (axis.starts[y]! - firstRow + k) * rowBytes;
      for (let i = 0; i < rowBytes; i++) sums[i] = sums[i]! + band[row + i]! * w;
    }
    for (let i = 0; i < rowBytes; i++) result[y * rowBytes + i] = sums[i]! >> PRECISION_BITS;
  }
  return new Uint8Array(result.buffer);
}
