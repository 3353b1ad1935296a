/**
 * From any picture to the numbers that CLIP looks at, as openai/CLIP prepares them with Pillow: the shorter side is
 * resized to that of its pictures, the other in proportion and cut off to whole pixels, the centre cropped, and each
 * channel brought to mean 0 and deviation 1 of the pictures it was trained on.
 *
 * Pure: runs in Node and in the browser.
 */
import { argumentError } from '../base/check-argument.ts';
import { resizeBicubic } from './bicubic.ts';
import { centreBox } from './centre.ts';
import { checkPicture, isSide, type Picture } from './picture.ts';
import { toPixels } from './tensor.ts';

const MEAN = [0.48145466, 0.4578275, 0.40821073].map(Math.fround);
const DEVIATION = [0.26862954, 0.26130258, 0.27577711].map(Math.fround);

/**
 * A picture as CLIP takes it: `size` × `size` pixels. Throws `E_SHAPE` for what is no picture.
 *
 * @param size pixels along each side, 224 for most
 */
export function prepareForClip(picture: Picture, size: number): Picture {
  if (!isSide(size)) throw argumentError('prepareForClip', 'size, a positive whole number', size);
  checkPicture(picture, 'prepareForClip');
  const { width, height } = picture;
  const long = Math.trunc((size * Math.max(width, height)) / Math.min(width, height));
  const [toWidth, toHeight] = width <= height ? [size, long] : [long, size];
  return resizeBicubic(picture, toWidth, toHeight, centreBox(toWidth, toHeight, size, size));
}

/** A prepared picture as CLIP's numbers [3, S, S], each rounded to float32 as PyTorch rounds it. */
export function toClipPixels(picture: Picture): Float32Array {
  const pixels = toPixels(picture);
  const area = pixels.length / 3;
  for (let channel = 0; channel < 3; channel++) {
    const [mean, deviation] = [MEAN[channel]!, DEVIATION[channel]!];
    for (let at = channel * area; at < (channel + 1) * area; at++) {
      pixels[at] = Math.fround(pixels[at]! - mean) / deviation;
    }
  }
  return pixels;
}
