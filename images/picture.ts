/**
 * A picture in memory: 8-bit RGB, three bytes a pixel, rows from the top, no padding and no alpha. Everything in
 * `images/` takes and gives these; decoders composite transparency on white on the way in.
 *
 * Pure: runs in Node and in the browser.
 */
import { FormatError, ShapeError } from '../base/errors.ts';

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

/** A picture of one colour, white unless told. */
export function createPicture(
  width: number,
  height: number,
  colour: readonly [number, number, number] = [255, 255, 255],
): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 3) data.set(colour, i);
  return { width, height, data };
}

/**
 * Drops the alpha of `width · height · 4` RGBA bytes by laying the picture on white paper. Each channel is
 * round((colour · alpha + 255 · (255 − alpha)) / 255), which is what Pillow's `paste` with a mask computes.
 */
export function pictureFromRgba(rgba: Uint8Array, width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    const alpha = rgba[from + 3]!;
    const paper = 255 * (255 - alpha);
    for (let channel = 0; channel < 3; channel++) {
      data[to + channel] = Math.round((rgba[from + channel]! * alpha + paper) / 255);
    }
  }
  return { width, height, data };
}

/** Writes all of `source` into `target` with its corner at (left, top); it must fit. */
export function pastePicture(target: Picture, source: Picture, left: number, top: number): void {
  const rowBytes = source.width * 3;
  for (let y = 0; y < source.height; y++) {
    const row = source.data.subarray(y * rowBytes, (y + 1) * rowBytes);
    target.data.set(row, ((top + y) * target.width + left) * 3);
  }
}

/** A copy of the pixels inside `box`, which must lie within the picture. */
export function cropPicture(picture: Picture, box: Box): Picture {
  const cropped = { width: box.width, height: box.height, data: new Uint8Array(box.width * box.height * 3) };
  const rowBytes = box.width * 3;
  for (let y = 0; y < box.height; y++) {
    const start = ((box.top + y) * picture.width + box.left) * 3;
    cropped.data.set(picture.data.subarray(start, start + rowBytes), y * rowBytes);
  }
  return cropped;
}

/** Refuses (`E_SHAPE`) a picture whose bytes do not match its size; `caller` names the function in the message. */
export function checkPicture(picture: Picture, caller: string): void {
  const { width, height, data } = picture;
  const whole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (whole && data.length === width * height * 3) return;
  throw new ShapeError(
    'E_SHAPE',
    `${caller}: wanted a picture of width · height · 3 bytes, but got ${data.length} bytes for ${width} × ${height} ` +
      'pixels. The bytes are probably RGBA or of another size; convert them with pictureFromRgba first.',
  );
}

/** Refuses (`E_IMAGE_TOO_LARGE`) more than `maxPixels`, before anything of that size is allocated. */
export function checkPixelCount(width: number, height: number, maxPixels: number, caller: string, name: string): void {
  if (width * height <= maxPixels) return;
  const megapixels = (count: number): string => `${(count / 1e6).toFixed(count < 1e6 ? 3 : 1)} megapixels`;
  throw new FormatError(
    'E_IMAGE_TOO_LARGE',
    `${caller}: wanted at most ${megapixels(maxPixels)}, but the header of ${name} announces ${width} × ${height} = ` +
      `${megapixels(width * height)}. It may be damaged or made to exhaust memory; if it is genuine, shrink it ` +
      'first or raise maxPixels.',
  );
}
