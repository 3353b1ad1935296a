/**
 * Between pictures and the numbers a net takes and gives: float32 planes of red, green and blue in 0…1.
 * Shapes: [B, 3, H, W], `B` batch, `H W` height and width. The logit-Laplace mapping to 0.1…0.9 is the net's.
 *
 * Pure: runs in Node and in the browser.
 */
import { DalleError, ShapeError } from '../base/errors.ts';
import { showValue } from './arguments.ts';
import { checkPicture, isSide, type Picture } from './picture.ts';

/** Each byte over 255, as torchvision's `ToTensor`: shape [1, 3, H, W]. */
export function toPixels(picture: Picture): Float32Array {
  checkPicture(picture, 'toPixels');
  const area = picture.width * picture.height;
  const pixels = new Float32Array(area * 3);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < area; i++) pixels[channel * area + i] = picture.data[i * 3 + channel]! / 255;
  }
  return pixels;
}

/**
 * One picture for each [3, H, W] of `pixels`, whose `shape` is [3, H, W] or [B, 3, H, W]. Values are clamped to
 * 0…1 and rounded to the nearest of 256 levels; the notebook's `ToPILImage` truncates instead, so its bytes are up to
 * one lower. Throws `E_SHAPE`, and `E_NOT_FINITE` for NaN or an infinity.
 */
export function fromPixels(pixels: Float32Array, shape: readonly number[]): Picture[] {
  const [channels, height, width] = Array.isArray(shape) ? shape.slice(-3) : [];
  const batch = shape?.length === 4 ? shape[0] : 1;
  const isShape = isSide(width) && isSide(height) && isSide(batch) && channels === 3 && shape.length <= 4;
  const isNumbers = pixels instanceof Float32Array;
  if (!isShape || !isNumbers || pixels.length !== batch * 3 * height * width) {
    throw new ShapeError(
      'E_SHAPE',
      'fromPixels: wanted a Float32Array and its shape [3, H, W] or [B, 3, H, W], with as many values, but got shape ' +
        `${Array.isArray(shape) ? `[${shape.join(', ')}]` : showValue(shape)} and ` +
        `${isNumbers ? `${pixels.length} values` : showValue(pixels)}. The decoder gives six channels; take the ` +
        'first three.',
    );
  }
  const size = 3 * height * width;
  return Array.from({ length: batch }, (_, i) => {
    return pictureFromPlanes(pixels.subarray(i * size, (i + 1) * size), width, height);
  });
}

function pictureFromPlanes(planes: Float32Array, width: number, height: number): Picture {
  const area = width * height;
  const data = new Uint8Array(area * 3);
  for (let i = 0; i < planes.length; i++) {
    const value = planes[i]!;
    if (!Number.isFinite(value)) throw notFinite(value, i, width, area);
    const channel = Math.floor(i / area);
    data[(i - channel * area) * 3 + channel] = Math.round(Math.min(1, Math.max(0, value)) * 255);
  }
  return { width, height, data };
}

function notFinite(value: number, index: number, width: number, area: number): DalleError {
  const channel = Math.floor(index / area);
  const x = (index % area) % width;
  const y = Math.floor((index % area) / width);
  return new DalleError(
    'E_NOT_FINITE',
    `fromPixels: wanted numbers in 0…1, but channel ${channel} at x ${x}, y ${y} is ${value}. The net overflowed or ` +
      'its weights are damaged; check the weights, and try --precision full.',
  );
}
