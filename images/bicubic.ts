/**
 * Bicubic resizing, bit for bit as Pillow's `Image.resize(size, Image.BICUBIC)` does it for 8-bit pictures
 * (resample.ts): Keys' kernel with a = −0.5, which widens as a picture shrinks. A canvas, and torchvision on tensors,
 * take a = −0.75 or do not widen it, and CLIP then sees another picture.
 *
 * Pure: runs in Node and in the browser.
 */
import type { Box, Picture } from './picture.ts';
import { resize, type Filter } from './resample.ts';

const A = -0.5;
const BICUBIC: Filter = {
  support: 2,
  weigh(distance) {
    const x = Math.abs(distance);
    if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
  },
};

/** As `resizeLanczos`. Throws `E_SHAPE` as it does. */
export function resizeBicubic(picture: Picture, width: number, height: number, window?: Box): Picture {
  return resize(picture, { width, height, window }, BICUBIC, 'resizeBicubic');
}
