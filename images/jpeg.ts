/**
 * JPEG to pixels by one WebAssembly build of libjpeg-turbo (mozjpeg's, in @jsquash/jpeg 1.6.0), the same in Node and
 * in the browser, then turned upright by EXIF.
 *
 * Chosen by measurement against Pillow 9.4 (libjpeg-turbo 2.1.5), difference in levels of 255, time on one core:
 *                                      @jsquash/jpeg 1.6.0          jpeg-js 0.4.4
 *   scikit-image's rocket.jpg, 4:4:4   0 max, 0 mean,  3 ms         3 max, 0.61 mean,  21 ms
 *   progressive, 4:4:4, 512 × 512      0 max, 0 mean,  6 ms         3 max, 0.45 mean,  36 ms
 *   baseline, 4:2:0, 512 × 512         0 max, 0 mean, 10 ms        35 max, 0.94 mean,  30 ms
 *   baseline, 4:2:0, 3000 × 2000       0 max, 0 mean, 56 ms        22 max, 0.55 mean, 393 ms
 * This build refuses four components (CMYK); jpeg-cmyk.ts says how they come through it all the same. Pure: the caller
 * brings the compiled program.
 */
import createDecoderModule from '@jsquash/jpeg/codec/dec/mozjpeg_dec.js';
import { FormatError } from '../base/errors.ts';
import { checkBytes, checkProgram } from './arguments.ts';
import { readDecodeOptions, type DecodeOptions } from './decode-options.ts';
import { decodeCmyk } from './jpeg-cmyk.ts';
import { corruptJpeg, readJpegHeader, unsupportedJpeg } from './jpeg-header.ts';
import { orientPicture } from './orient.ts';
import { checkPixelCount, pictureFromRgba, type Picture } from './picture.ts';
import { runDecoder, type CreateDecoder, type RgbaImage } from './wasm-decoder.ts';

/**
 * A scan may cover every pixel and cost a few bytes, so scans times pixels is the work a file can ask for. An
 * ordinary progressive file of 64 megapixels has ten scans, 640 million visits, and takes 3 s; three times that is
 * ours.
 */
const MAX_SCANNED_PIXELS = 2_000_000_000;

interface DecoderModule {
  decode(jpeg: Uint8Array, preserveOrientation: boolean): RgbaImage | null;
}

const createDecoder: CreateDecoder<DecoderModule> = createDecoderModule;

/**
 * The upright picture. `program` is `mozjpeg_dec.wasm` of @jsquash/jpeg, compiled. Throws `E_IMAGE_TOO_LARGE`,
 * `E_IMAGE_CORRUPT` (also for a file that ends early) and `E_IMAGE_UNSUPPORTED` (12-bit, arithmetic, lossless).
 */
export async function decodeJpeg(
  jpeg: Uint8Array,
  program: WebAssembly.Module,
  options: DecodeOptions = {},
): Promise<Picture> {
  checkBytes('decodeJpeg', jpeg);
  checkProgram('decodeJpeg', 'mozjpeg_dec.wasm', program);
  const { maxPixels, name } = readDecodeOptions(options, 'decodeJpeg');
  const header = readJpegHeader(jpeg, name);
  checkPixelCount(header.width, header.height, maxPixels, 'decodeJpeg', name);
  checkScans(jpeg, header.width * header.height, name);
  const decode = (ordinary: Uint8Array): Promise<RgbaImage> => decodeRgba(ordinary, program, name);
  const picture = header.components === 4 ? await decodeCmyk(jpeg, decode, name) : toPicture(await decode(jpeg));
  return orientPicture(picture, header.orientation);
}

/**
 * In coded data 0xFF is always followed by 0 or a restart, so FF DA is a scan (or, harmlessly, part of a thumbnail).
 */
function checkScans(jpeg: Uint8Array, pixels: number, name: string): void {
  let scans = 0;
  for (let at = jpeg.indexOf(0xff); at >= 0; at = jpeg.indexOf(0xff, at + 1)) {
    if (jpeg[at + 1] === 0xda) scans += 1;
  }
  if (scans * pixels <= MAX_SCANNED_PIXELS) return;
  throw new FormatError(
    'E_IMAGE_TOO_LARGE',
    `decodeJpeg: wanted at most ${MAX_SCANNED_PIXELS / 1e9} billion pixel visits, but ${name} draws its ` +
      `${(pixels / 1e6).toFixed(1)} megapixels ${scans} times. It was probably made to waste time; if it is genuine, ` +
      'save it again as an ordinary JPEG.',
  );
}

async function decodeRgba(jpeg: Uint8Array, program: WebAssembly.Module, name: string): Promise<RgbaImage> {
  const { image, said, cause } = await runDecoder(createDecoder, program, (decoder) => decoder.decode(jpeg, false));
  // A file cut short still decodes, to grey below the cut: that is not the picture anybody meant.
  const cutShort = said.find((line) => line.startsWith('Premature end'));
  if (image && !cutShort) return image;
  const words = cutShort ?? said.at(-1) ?? 'the decoder gave up';
  throw words.startsWith('Unsupported') ? unsupportedJpeg(name, words) : corruptJpeg(name, words, cause);
}

function toPicture({ data, width, height }: RgbaImage): Picture {
  return pictureFromRgba(data, width, height);
}
