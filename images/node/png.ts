/**
 * PNG in Node, by pngjs: every depth, palette, grey, transparency, interlaced; transparency is laid on white.
 *
 * Equal to Pillow's `convert('RGB')` for 1 to 8 bits. Samples of 16 bits are scaled, round(v / 257), as the PNG
 * specification advises; Pillow drops the low byte of 16-bit RGB (at most one level apart) and clips 16-bit grey at
 * 255, which turns most of such a picture white. Gamma, colour profiles, EXIF and animation are ignored, as Pillow
 * does. Bytes after IEND are ignored; anything missing before it is an error.
 */
import { inflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import type { DecodeOptions } from '../jpeg.ts';
import { checkPicture, checkPixelCount, MAX_PIXELS, pictureFromRgba, type Picture } from '../picture.ts';
import { corruptPng, readPngChunks, readPngHeader, type PngHeader } from '../png-chunks.ts';
import { addPngText } from '../png-text.ts';

const RGB = 2;

/** The picture on white. Throws `E_IMAGE_TOO_LARGE` and `E_IMAGE_CORRUPT` (damaged, or cut short). */
export function decodePng(png: Uint8Array, options: DecodeOptions = {}): Picture {
  const { maxPixels = MAX_PIXELS, name = 'the picture' } = options;
  const header = readPngHeader(png, name);
  checkPixelCount(header.width, header.height, maxPixels, 'decodePng', name);
  const chunks = [...readPngChunks(png, name)];
  checkPixelData(
    chunks.filter((chunk) => chunk.type === 'IDAT').map((chunk) => chunk.data),
    header,
    name,
  );
  const end = chunks.at(-1)!.end;
  try {
    const { data, width, height } = PNG.sync.read(Buffer.from(png.buffer, png.byteOffset, end));
    return pictureFromRgba(data, width, height);
  } catch (error) {
    throw corruptPng(name, describe(error), undefined, error);
  }
}

/** `picture` as an 8-bit RGB PNG, with `text` as its text chunks. Throws `E_SHAPE` and `E_PNG_TEXT`. */
export function encodePng(picture: Picture, text: Readonly<Record<string, string>> = {}): Uint8Array {
  checkPicture(picture, 'encodePng');
  const { width, height, data } = picture;
  const image = Object.assign(new PNG({ width, height }), {
    data: Buffer.from(data.buffer, data.byteOffset, data.length),
  });
  const png = PNG.sync.write(image, { colorType: RGB, inputColorType: RGB, inputHasAlpha: false });
  return addPngText(png, text);
}

/**
 * Inflates once before pngjs does, which neither notices a damaged stream nor bounds an interlaced one: a few
 * kilobytes of zeros could ask it for gigabytes.
 */
function checkPixelData(parts: Uint8Array[], header: PngHeader, name: string): void {
  const { width, height, depth, channels, interlaced } = header;
  const rowBytes = Math.ceil((width * channels * depth) / 8);
  // Each row has a filter byte. The seven passes have fewer than 2·height + 7 rows, each rounded up to a byte.
  const least = interlaced ? Math.floor((width * channels * depth * height) / 8) : (rowBytes + 1) * height;
  const most = rowBytes * height + 4 * height + 14;
  let inflated: Buffer;
  try {
    inflated = inflateSync(Buffer.concat(parts), { maxOutputLength: most });
  } catch (error) {
    throw corruptPng(name, `its pixel data does not unpack (${describe(error)})`, undefined, error);
  }
  if (inflated.length < least) throw corruptPng(name, `it holds ${inflated.length} of ${least} bytes of pixel data`);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
