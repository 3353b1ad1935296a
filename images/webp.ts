/**
 * WebP to pixels by one WebAssembly build of libwebp (1.0.2, in @jsquash/webp 1.5.0), the same in Node and in the
 * browser: lossy and lossless, transparency laid on white, turned upright by EXIF. Of an animation the first frame.
 *
 * libwebp of that age had a fault that let files write outside its buffers (CVE-2023-4863). Inside WebAssembly that
 * reaches the decoder's own memory only, and every picture gets a decoder of its own. Pure: the caller brings the
 * compiled program.
 */
import createDecoderModule from '@jsquash/webp/codec/dec/webp_dec.js';
import { checkBytes, checkProgram } from './arguments.ts';
import { readDecodeOptions, type DecodeOptions } from './decode-options.ts';
import { orientPicture } from './orient.ts';
import { checkPixelCount, createPicture, pastePicture, pictureFromRgba, type Picture } from './picture.ts';
import { runDecoder, type CreateDecoder, type RgbaImage } from './wasm-decoder.ts';
import { corruptWebp, readWebp } from './webp-file.ts';

interface DecoderModule {
  decode(webp: Uint8Array): RgbaImage | null;
}

const createDecoder: CreateDecoder<DecoderModule> = createDecoderModule;

/**
 * The upright picture on white. `program` is `webp_dec.wasm` of @jsquash/webp, compiled. Throws `E_IMAGE_TOO_LARGE`
 * and `E_IMAGE_CORRUPT` (also for a file that ends early).
 */
export async function decodeWebp(
  webp: Uint8Array,
  program: WebAssembly.Module,
  options: DecodeOptions = {},
): Promise<Picture> {
  checkBytes('decodeWebp', webp);
  checkProgram('decodeWebp', 'webp_dec.wasm', program);
  const { maxPixels, name } = readDecodeOptions(options, 'decodeWebp');
  const { width, height, orientation, file, frame } = readWebp(webp, name);
  checkPixelCount(width, height, maxPixels, 'decodeWebp', name);
  const { image, said, cause } = await runDecoder(createDecoder, program, (decoder) => decoder.decode(file));
  if (!image || image.width !== frame.width || image.height !== frame.height) {
    throw corruptWebp(name, said.at(-1) ?? 'the decoder gave up', cause);
  }
  const picture = pictureFromRgba(image.data, image.width, image.height);
  if (frame.width === width && frame.height === height) return orientPicture(picture, orientation);
  const canvas = createPicture(width, height);
  pastePicture(canvas, picture, frame.left, frame.top);
  return orientPicture(canvas, orientation);
}
