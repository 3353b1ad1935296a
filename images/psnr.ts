/**
 * Peak signal-to-noise ratio: how close a reconstruction is, in decibels. Pure.
 */
import { ShapeError } from '../base/errors.ts';
import { checkPicture, type Picture } from './picture.ts';

/**
 * 10 · log₁₀(255² / mean squared difference) over all bytes of two pictures of one size; infinite when they are
 * equal. Throws `E_SHAPE` when the sizes differ or one is no picture.
 */
export function psnr(a: Picture, b: Picture): number {
  checkPicture(a, 'psnr');
  checkPicture(b, 'psnr');
  if (a.width !== b.width || a.height !== b.height) {
    throw new ShapeError(
      'E_SHAPE',
      `psnr: wanted two pictures of one size, but got ${a.width} × ${a.height} and ${b.width} × ${b.height}. ` +
        'Compare with the prepared picture, not with the file as it was.',
    );
  }
  let squares = 0;
  for (let i = 0; i < a.data.length; i++) squares += (a.data[i]! - b.data[i]!) ** 2;
  return 10 * Math.log10((255 ** 2 * a.data.length) / squares);
}
