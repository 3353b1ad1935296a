/**
 * A picture in memory: 8-bit RGB, three bytes a pixel, rows from the top, no padding and no alpha. Everything in
 * `images/` takes and gives these; decoders composite transparency on white on the way in.
 *
 * Pure: runs in Node and in the browser.
 */
import { FormatError, MemoryError, ShapeError } from '../base/errors.ts';
import { showValue } from './arguments.ts';

/** A picture in memory: RGB bytes, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** RGB, row-major: `width · height · 3` bytes. */
  readonly data: Uint8Array;
}

/** A rectangle of whole pixels, measured from the top left corner. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The most pixels a picture may have unless the caller allows more: 64 megapixels, 192 MB as RGB. */
export const MAX_PIXELS = 64_000_000;
/** The longest side: as long as a JPEG's can be. Lines of one pixel would make every loop over rows a trap. */
const MAX_SIDE = 65_535;

/** A picture of one colour, white unless told. Throws `E_SHAPE` for a size or a colour that is none. */
export function createPicture(
  width: number,
  height: number,
  colour: readonly [number, number, number] = [255, 255, 255],
): Picture {
  const isColour = Array.isArray(colour) && colour.length === 3 && colour.every((level) => typeof level === 'number');
  if (!isSide(width) || !isSide(height) || !isColour) {
    throw new ShapeError(
      'E_SHAPE',
      `createPicture: wanted whole positive sides and three levels of colour, but got ${showValue(width)} × ` +
        `${showValue(height)} and ${isColour ? colour.join(', ') : showValue(colour)}. Round the sides first.`,
    );
  }
  const data = makeRgb(width, height);
  for (let i = 0; i < data.length; i += 3) data.set(colour, i);
  return { width, height, data };
}

/**
 * Drops the alpha of `width · height · 4` RGBA bytes by laying the picture on white paper. Each channel is
 * round((colour · alpha + 255 · (255 − alpha)) / 255), which is what Pillow's `paste` with a mask computes.
 * Throws `E_SHAPE` when there are more or fewer bytes, or they are none.
 */
export function pictureFromRgba(rgba: Uint8Array | Uint8ClampedArray, width: number, height: number): Picture {
  checkRgba(rgba, width, height);
  const data = makeRgb(width, height);
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    const alpha = rgba[from + 3]!;
    data[to] = layOnWhite(rgba[from]!, alpha);
    data[to + 1] = layOnWhite(rgba[from + 1]!, alpha);
    data[to + 2] = layOnWhite(rgba[from + 2]!, alpha);
  }
  return { width, height, data };
}

/** The bytes of a picture, black. Throws `E_MEMORY` where there is no room for them. */
export function makeRgb(width: number, height: number): Uint8Array {
  return withRoom(width, height, () => new Uint8Array(width * height * 3));
}

/** What `make` gives. Throws `E_MEMORY` where arrays for a picture of that size cannot be had. */
export function withRoom<T>(width: number, height: number, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new MemoryError(
      'E_MEMORY',
      `createPicture: wanted memory for ${width} × ${height} pixels, and there is no room for them. Make the picture ` +
        'smaller, or fewer pictures at a time.',
      { cause: error },
    );
  }
}

/** A level of colour, 0 to 255, on white paper. The last line is Math.round(sum / 255), in whole numbers. */
function layOnWhite(colour: number, alpha: number): number {
  const sum = colour * alpha + 255 * (255 - alpha) + 128;
  return (sum + (sum >> 8)) >> 8;
}

/** Writes all of `source` into `target` with its corner at (left, top). Throws `E_SHAPE` where it does not fit. */
export function pastePicture(target: Picture, source: Picture, left: number, top: number): void {
  checkPicture(target, 'pastePicture');
  checkPicture(source, 'pastePicture');
  checkBox(target, { left, top, width: source.width, height: source.height }, 'pastePicture');
  const rowBytes = source.width * 3;
  for (let y = 0; y < source.height; y++) {
    const row = source.data.subarray(y * rowBytes, (y + 1) * rowBytes);
    target.data.set(row, ((top + y) * target.width + left) * 3);
  }
}

/** A copy of the pixels inside `box`. Throws `E_SHAPE` where that does not lie within the picture. */
export function cropPicture(picture: Picture, box: Box): Picture {
  checkPicture(picture, 'cropPicture');
  checkBox(picture, box, 'cropPicture');
  const cropped = { width: box.width, height: box.height, data: new Uint8Array(box.width * box.height * 3) };
  const rowBytes = box.width * 3;
  for (let y = 0; y < box.height; y++) {
    const start = ((box.top + y) * picture.width + box.left) * 3;
    cropped.data.set(picture.data.subarray(start, start + rowBytes), y * rowBytes);
  }
  return cropped;
}

/** Refuses (`E_SHAPE`) what is no picture, or one whose bytes do not match its size; `caller` is named. */
export function checkPicture(picture: Picture, caller: string): void {
  const { width, height, data } = asFields(picture);
  if (isSide(width) && isSide(height) && isBytes(data) && data.length === width * height * 3) return;
  const bytes = isBytes(data) ? `${data.length} bytes` : showValue(data);
  const sides = `${showValue(width)} × ${showValue(height)}`;
  const got = width === undefined ? showValue(picture) : `${bytes} for ${sides} pixels`;
  throw new ShapeError(
    'E_SHAPE',
    `${caller}: wanted a picture, { width, height, data } of width · height · 3 bytes, but got ${got}. The bytes are ` +
      'probably RGBA or of another size; convert them with pictureFromRgba first.',
  );
}

/** Refuses (`E_SHAPE`) a box that is not of whole pixels inside a picture of that size. */
export function checkBox(outer: { readonly width: number; readonly height: number }, box: Box, caller: string): void {
  const { left, top, width, height } = asFields(box);
  const isPlace = isWhole(left) && isWhole(top) && left >= 0 && top >= 0;
  if (isPlace && isSide(width) && isSide(height) && left + width <= outer.width && top + height <= outer.height) return;
  const place = [left, top, width, height].map(showValue);
  throw new ShapeError(
    'E_SHAPE',
    `${caller}: wanted whole pixels inside ${outer.width} × ${outer.height}, but got ${place[2]} × ${place[3]} at ` +
      `${place[0]}, ${place[1]}. Round the numbers, and keep within the edges.`,
  );
}

/** Whether it is whole and positive. */
export function isSide(side: unknown): side is number {
  return isWhole(side) && side > 0;
}

/**
 * Refuses (`E_IMAGE_TOO_LARGE`) more than `maxPixels`, or a side that no ordinary picture has, before anything of that
 * size is allocated.
 */
export function checkPixelCount(width: number, height: number, maxPixels: number, caller: string, name: string): void {
  const tooMany = width * height > maxPixels;
  if (!tooMany && Math.max(width, height) <= MAX_SIDE) return;
  const megapixels = (count: number): string => `${(count / 1e6).toFixed(count < 1e6 ? 3 : 1)} megapixels`;
  throw new FormatError(
    'E_IMAGE_TOO_LARGE',
    `${caller}: wanted at most ${tooMany ? megapixels(maxPixels) : `${MAX_SIDE} pixels a side`}, but the header of ` +
      `${name} announces ${width} × ${height} = ${megapixels(width * height)}. It may be damaged or made to exhaust ` +
      `memory; if it is genuine, ${tooMany ? 'shrink it first or raise maxPixels' : 'cut it into pieces first'}.`,
  );
}

function checkRgba(rgba: Uint8Array | Uint8ClampedArray, width: number, height: number): void {
  if (isBytes(rgba) && isSide(width) && isSide(height) && rgba.length === width * height * 4) return;
  throw new ShapeError(
    'E_SHAPE',
    `pictureFromRgba: wanted width · height · 4 bytes, but got ${isBytes(rgba) ? rgba.length : showValue(rgba)} ` +
      `for ${showValue(width)} × ${showValue(height)} pixels. Of a canvas, take getImageData(…).data.`,
  );
}

function isBytes(value: unknown): value is Uint8Array | Uint8ClampedArray {
  return value instanceof Uint8Array || value instanceof Uint8ClampedArray;
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** The fields of what should be an object and may be anything. */
function asFields<T extends object>(value: T): Partial<T> {
  return typeof value === 'object' && value !== null ? value : {};
}
