/**
 * The chunks of a PNG, as its specification lays them out: length, four letters of type, data, CRC-32. Used to read
 * the size before decoding, to bound what is inflated, and to read and write text.
 *
 * A file may lack its last chunk, IEND, or end within it: nothing of the picture is missing then, and Pillow and
 * browsers show it. One that ends within any other chunk was cut short. Pure: runs in Node and in the browser.
 */
import { crc32 } from '../base/crc32.ts';
import { FormatError } from '../base/errors.ts';

export const PNG_SIGNATURE_BYTES = 8;
/** Length and type before a chunk's data, CRC after it. */
const CHUNK_FRAME_BYTES = 12;
/** Writers make a chunk of each 8 KB or more: 64 megapixels take 32,000. Empty ones could be millions. */
const MAX_CHUNKS = 65_536;
const IEND = [0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82];

export interface PngChunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** Where the chunk ends in the file, its CRC included. */
  readonly end: number;
  /** The checksum that the file gives for type and data. */
  readonly checksum: number;
}

/**
 * The chunks up to IEND, in order; what follows IEND is ignored. Throws `E_IMAGE_CORRUPT` when the file ends within a
 * chunk, `E_IMAGE_TOO_LARGE` when there are more than any writer makes.
 */
export function* readPngChunks(png: Uint8Array, name: string): Generator<PngChunk> {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  let offset = PNG_SIGNATURE_BYTES;
  for (let count = 0; !isEnd(png, offset); count++) {
    const room = png.length - offset - CHUNK_FRAME_BYTES;
    const length = room >= 0 ? view.getUint32(offset) : Infinity;
    if (length > room) throw corruptPng(name, 'it ends in the middle', 'It was probably cut short while copied');
    if (count === MAX_CHUNKS) throw tooManyChunks(name);
    const type = String.fromCharCode(...png.subarray(offset + 4, offset + 8));
    const end = offset + CHUNK_FRAME_BYTES + length;
    yield { type, data: png.subarray(offset + 8, end - 4), end, checksum: view.getUint32(end - 4) };
    if (type === 'IEND') return;
    offset = end;
  }
}

/** Whether IEND's beginning, which may be nothing at all, is all that is left. */
function isEnd(png: Uint8Array, offset: number): boolean {
  const left = png.length - offset;
  return left < IEND.length && left >= 0 && IEND.slice(0, left).every((byte, i) => png[offset + i] === byte);
}

/** Whether a chunk's checksum is right. Only what is used is worth the time. */
export function isChunkWhole(png: Uint8Array, chunk: PngChunk): boolean {
  const start = chunk.end - CHUNK_FRAME_BYTES - chunk.data.length;
  return crc32(png.subarray(start + 4, chunk.end - 4)) === chunk.checksum;
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

function tooManyChunks(name: string): FormatError {
  return new FormatError(
    'E_IMAGE_TOO_LARGE',
    `decodePng: wanted at most ${MAX_CHUNKS} chunks, but ${name} has more. It was probably made to waste time; if it ` +
      'is genuine, open it in a picture viewer and save it again.',
  );
}
