/**
 * Pictures, without Node: everything here runs in a browser too. Decoding PNG and touching files is `./node`.
 */
export { composeGrid, composeSideBySide, type GridOptions } from './compose.ts';
export type { DecodeOptions } from './decode-options.ts';
export { decodeJpeg } from './jpeg.ts';
export { resizeLanczos } from './lanczos.ts';
export {
  createPicture,
  cropPicture,
  MAX_PIXELS,
  pastePicture,
  pictureFromRgba,
  type Box,
  type Picture,
} from './picture.ts';
export { addPngText, readPngText } from './png-text.ts';
export { preparePicture, type PictureSize, type PictureOptions } from './prepare.ts';
export { psnr } from './psnr.ts';
export { sniffImage, type ImageKind } from './sniff.ts';
export { fromPixels, toPixels } from './tensor.ts';
export { decodeWebp } from './webp.ts';
