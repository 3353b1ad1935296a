/**
 * PNG in Node, by pngjs: every depth, palette, grey, transparency, interlaced; transparency is laid on white, and EXIF
 * (eXIf) turns the picture upright. pngjs keeps an object for each row and chunk, and a file of 233 kB once kept it
 * busy for minutes: so it only sees files whose sides, chunks and unpacked bytes have been counted, as one piece of
 * pixel data.
 *
 * Equal to Pillow's `convert('RGB')` for 1 to 8 bits. Samples of 16 bits are scaled, round(v / 257), as the PNG
 * specification advises; Pillow drops the low byte of 16-bit RGB (at most one level apart) and clips 16-bit grey at
 * 255, which turns most of such a picture white. Gamma and colour profiles are ignored, as Pillow does; of an animation
 * the still picture is read. Bytes after IEND are ignored, and IEND itself may be missing.
 */
import { constants, inflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { FormatError } from '../../base/errors.ts';
import { checkObject } from '../../base/check-argument.ts';
import { checkBytes } from '../arguments.ts';
import { readDecodeOptions, type DecodeOptions } from '../decode-options.ts';
import { readOrientation } from '../exif.ts';
import { orientPicture } from '../orient.ts';
import { checkPicture, checkPixelCount, pictureFromRgba, type Picture } from '../picture.ts';
import { corruptPng, isChunkWhole, makePngChunk, PNG_SIGNATURE_BYTES, readPngChunks } from '../png-chunks.ts';
import type { PngChunk } from '../png-chunks.ts';
import { countPngBytes, readPngHeader, type PngHeader } from '../png-header.ts';
import { addPngText } from '../png-text.ts';

const RGB = 2;
/** A pixel of 8-bit RGBA. Deeper pictures may have as many bytes, and fewer pixels. */
const BYTES_PER_PIXEL = 4;
/** Deflate makes at most so many bytes of one. */
const MOST_INFLATION = 1032;
/** Some writers end their data a little late. */
const SURPLUS = 65_536;

/** What a picture is made of, as the file has it. */
interface PngParts {
  readonly pixels: readonly Uint8Array[];
  readonly palette?: PngChunk;
  readonly transparency?: PngChunk;
  readonly exif?: PngChunk;
}

/**
 * The upright picture on white. Throws `E_IMAGE_TOO_LARGE` before anything of that size is allocated, and
 * `E_IMAGE_CORRUPT` (damaged, or cut short).
 */
export function decodePng(png: Uint8Array, options: DecodeOptions = {}): Picture {
  checkBytes('decodePng', png);
  const { maxPixels, name } = readDecodeOptions(options, 'decodePng');
  const header = readPngHeader(png, name);
  checkPixelCount(header.width, header.height, maxPixels, 'decodePng', name);
  checkByteCount(header, maxPixels, name);
  const parts = collectParts(png, name);
  checkPixelData(parts.pixels, header, name);
  const picture = readPixels(png, header, parts, name);
  return parts.exif ? orientPicture(picture, readOrientation(parts.exif.data)) : picture;
}

/** `picture` as an 8-bit RGB PNG, with `text` as its text chunks. Throws `E_SHAPE` and `E_PNG_TEXT`. */
export function encodePng(picture: Picture, text: Readonly<Record<string, string>> = {}): Uint8Array {
  checkPicture(picture, 'encodePng');
  checkObject('encodePng', 'text', text);
  const { width, height, data } = picture;
  const image = Object.assign(new PNG({ width, height }), {
    data: Buffer.from(data.buffer, data.byteOffset, data.length),
  });
  const png = PNG.sync.write(image, { colorType: RGB, inputColorType: RGB, inputHasAlpha: false });
  return addPngText(png, text);
}

function checkByteCount(header: PngHeader, maxPixels: number, name: string): void {
  const { width, height, depth, channels } = header;
  const bytes = Math.ceil((width * channels * depth) / 8) * height;
  if (bytes <= maxPixels * BYTES_PER_PIXEL) return;
  throw new FormatError(
    'E_IMAGE_TOO_LARGE',
    `decodePng: wanted at most ${maxPixels * BYTES_PER_PIXEL} bytes of pixels, but ${name} unpacks to ${bytes}: ` +
      `${width} × ${height} in ${channels} × ${depth} bits. Save it with 8 bits, shrink it, or raise maxPixels.`,
  );
}

/** Throws `E_IMAGE_CORRUPT` where a checksum of what is needed is wrong; a damaged eXIf is as good as none. */
function collectParts(png: Uint8Array, name: string): PngParts {
  const pixels: Uint8Array[] = [];
  const found = new Map<string, PngChunk>();
  for (const chunk of readPngChunks(png, name)) {
    const { type, data } = chunk;
    const isNeeded = ['IHDR', 'PLTE', 'IDAT', 'tRNS'].includes(type);
    // A capital first letter says that the picture cannot be shown without it.
    if (!isNeeded && type !== 'IEND' && /^[A-Z]/.test(type))
      throw corruptPng(name, `it needs the unknown part ${type}`);
    if (isNeeded && !isChunkWhole(png, chunk)) throw corruptPng(name, `its part ${type} does not match its checksum`);
    if (type === 'IDAT') pixels.push(data);
    else if (!found.has(type) && (isNeeded ? pixels.length === 0 : type === 'eXIf' && isChunkWhole(png, chunk))) {
      found.set(type, chunk);
    }
  }
  const [palette, transparency, exif] = ['PLTE', 'tRNS', 'eXIf'].map((type) => found.get(type));
  return { pixels, ...(palette && { palette }), ...(transparency && { transparency }), ...(exif && { exif }) };
}

/** Unpacks once before pngjs does, which neither bounds an interlaced stream nor minds one that ends early. */
function checkPixelData(parts: readonly Uint8Array[], header: PngHeader, name: string): void {
  const wanted = countPngBytes(header);
  const packed = Buffer.concat(parts);
  const most = wanted + SURPLUS;
  // A header costs nothing: the memory that it asks for is given only to data that could fill it.
  const room = Math.max(constants.Z_MIN_CHUNK, Math.min(most, packed.length * MOST_INFLATION));
  let inflated: Buffer;
  try {
    inflated = inflateSync(packed, { maxOutputLength: most, chunkSize: room });
  } catch (error) {
    throw corruptPng(name, `its pixel data does not unpack (${describe(error)})`, undefined, error);
  }
  if (inflated.length < wanted) throw corruptPng(name, `it holds ${inflated.length} of ${wanted} bytes of pixel data`);
}

/** What pngjs makes of the parts that a picture consists of, and of nothing else in the file. */
function readPixels(png: Uint8Array, { end }: PngHeader, parts: PngParts, name: string): Picture {
  const { palette, transparency, pixels } = parts;
  const needed = [
    png.subarray(0, PNG_SIGNATURE_BYTES),
    png.subarray(PNG_SIGNATURE_BYTES, end), // IHDR
    ...(palette ? [makePngChunk('PLTE', palette.data)] : []),
    ...(transparency ? [makePngChunk('tRNS', transparency.data)] : []),
    makePngChunk('IDAT', Buffer.concat(pixels)),
    makePngChunk('IEND', new Uint8Array()),
  ];
  try {
    const { data, width, height } = PNG.sync.read(Buffer.concat(needed));
    return pictureFromRgba(data, width, height);
  } catch (error) {
    throw corruptPng(name, describe(error), undefined, error);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
