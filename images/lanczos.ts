/**
 * Lanczos-3 resizing, bit for bit as Pillow's `Image.resize(size, Image.LANCZOS)` does it for 8-bit pictures
 * (resample.ts). Canvas and most JavaScript resizers do none of this, and the tokens would differ.
 *
 * Pure: runs in Node and in the browser.
 */
import type { Box, Picture } from './picture.ts';
import { resize, type Filter } from './resample.ts';

const LOBES = 3;
const LANCZOS: Filter = {
  support: LOBES,
  weigh: (x) => (x >= -LOBES && x < LOBES ? sinc(x) * sinc(x / LOBES) : 0),
};

/**
 * `picture` resized to `width × height`, of which the pixels inside `window` (all of it unless told) are returned.
 * Throws `E_SHAPE` for a malformed picture, sizes that are not whole and positive, or a window that reaches outside.
 */
export function resizeLanczos(picture: Picture, width: number, height: number, window?: Box): Picture {
  return resize(picture, { width, height, window }, LANCZOS, 'resizeLanczos');
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}
