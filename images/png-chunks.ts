/**
 * The chunks of a PNG, as its specification lays them out: length, four letters of type, data, CRC-32. Used to read
 * the size before decoding, to bound what is inflated, and to read and write text.
 *
 * Pure: runs in Node and in the browser.
 */
import { crc32 } from '../base/crc32.ts';
import { FormatError } from '../base/errors.ts';

export const PNG_SIGNATURE_BYTES = 8;
/** Length and type before a chunk's data, CRC after it. */
const CHUNK_FRAME_BYTES = 12;

export interface PngChunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** Where the chunk ends in the file, its CRC included. */
  readonly end: number;
}

/** What IHDR says. Sizes in pixels, depth in bits for each of `channels` samples. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly channels: number;
  readonly interlaced: boolean;
}

/** Samples a pixel, by colour type: grey, RGB, palette, grey with alpha, RGBA. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** The chunks up to IEND, in order; what follows IEND is ignored. Throws `E_IMAGE_CORRUPT` when the file ends early. */
export function* readPngChunks(png: Uint8Array, name: string): Generator<PngChunk> {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  let offset = PNG_SIGNATURE_BYTES;
  for (;;) {
    const room = png.length - offset - CHUNK_FRAME_BYTES;
    const length = room >= 0 ? view.getUint32(offset) : Infinity;
    if (length > room) throw corruptPng(name, 'it ends in the middle', 'It was probably cut short while copied');
    const type = String.fromCharCode(...png.subarray(offset + 4, offset + 8));
    const end = offset + CHUNK_FRAME_BYTES + length;
    yield { type, data: png.subarray(offset + 8, end - 4), end };
    if (type === 'IEND') return;
    offset = end;
  }
}

/** Reads IHDR, which must come first. Throws `E_IMAGE_CORRUPT`. */
export function readPngHeader(png: Uint8Array, name: string): PngHeader {
  const { value: chunk } = readPngChunks(png, name).next();
  const { type, data } = chunk as PngChunk;
  if (type !== 'IHDR' || data.length !== 13) throw corruptPng(name, 'it does not start with an image header');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const width = view.getUint32(0);
  const height = view.getUint32(4);
  const channels = CHANNELS[data[9]!];
  if (width === 0 || height === 0) throw corruptPng(name, `its header says ${width} × ${height} pixels`);
  const depth = data[8]!;
  if (channels === undefined || ![1, 2, 4, 8, 16].includes(depth)) {
    throw corruptPng(name, `its header names colour type ${data[9]} with ${depth} bits, which does not exist`);
  }
  return { width, height, depth, channels, interlaced: data[12] === 1 };
}

/** A whole chunk, ready to be put into a file. */
export function makePngChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(CHUNK_FRAME_BYTES + data.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) chunk[4 + i] = type.charCodeAt(i);
  chunk.set(data, 8);
  view.setUint32(chunk.length - 4, crc32(chunk.subarray(4, -4)));
  return chunk;
}

export function corruptPng(name: string, what: string, cause = 'It is probably damaged', inner?: unknown): FormatError {
  return new FormatError(
    'E_IMAGE_CORRUPT',
    `decodePng: wanted a whole PNG, but ${name} cannot be read: ${what}. ${cause}; fetch or save it again.`,
    inner === undefined ? undefined : { cause: inner },
  );
}
