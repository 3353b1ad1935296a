/**
 * The parts of a WebP file (RFC 9649): RIFF chunks, of which VP8 or VP8L holds the pixels, ALPH their transparency,
 * and EXIF says which way is up. Read before decoding, so that a picture too large or cut short is refused first.
 *
 * Of an animation the first frame is read: it is made a file of its own. Pure: runs in Node and in the browser.
 */
import { FormatError } from '../base/errors.ts';
import { readOrientation, type Orientation } from './exif.ts';

/** A picture that the decoder can be given, and what to do with its pixels. */
interface WebpPicture {
  /** The whole picture, as stored. */
  readonly width: number;
  readonly height: number;
  readonly orientation: Orientation;
  /** A WebP file of one picture. */
  readonly file: Uint8Array;
  /** What of the whole is in `file`; an animation's frame may be smaller. */
  readonly frame: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const RIFF_BYTES = 12;
const CHUNK_HEAD_BYTES = 8;
const FRAME_HEAD_BYTES = 16;
const ALPHA_FLAG = 0x10;
/** A film of some minutes. Empty chunks could be millions. */
const MAX_CHUNKS = 65_536;

/** Throws `E_IMAGE_CORRUPT` when a chunk is cut short, the sizes contradict one another, or there is no picture. */
export function readWebp(webp: Uint8Array, name: string): WebpPicture {
  const { riff, size } = readRiffHead(webp, name);
  const chunks = listChunks(riff.subarray(RIFF_BYTES, size), name);
  const exif = chunks.find(({ type }) => type === 'EXIF');
  const orientation = exif ? readOrientation(exif.data) : 1;
  const extended = chunks[0]?.type === 'VP8X' ? readCanvas(chunks[0].data, name) : undefined;
  const animated = extended && chunks.find(({ type }) => type === 'ANMF');
  if (animated) return { ...readFirstFrame(animated.data, extended, name), orientation };
  const image = findPixels(chunks, name);
  if (extended && (extended.width !== image.width || extended.height !== image.height)) {
    throw corruptWebp(name, 'it names two different sizes');
  }
  const { width, height } = image;
  return { width, height, orientation, file: riff.subarray(0, size), frame: { left: 0, top: 0, width, height } };
}

export function corruptWebp(name: string, what: string, cause?: unknown): FormatError {
  return new FormatError(
    'E_IMAGE_CORRUPT',
    `decodeWebp: wanted a whole WebP, but ${name} cannot be read: ${what}. It is probably damaged or was cut short ` +
      'while copied; fetch or save it again.',
    cause === undefined ? undefined : { cause },
  );
}

/** What RIFF says of its own length. What follows is ignored, as decoders do. */
function readRiffHead(webp: Uint8Array, name: string): { riff: Uint8Array; size: number } {
  if (webp.length < RIFF_BYTES || readType(webp, 0) !== 'RIFF' || readType(webp, 8) !== 'WEBP') {
    throw corruptWebp(name, 'it does not begin as one');
  }
  const size = readNumber(webp, 4, 4) + CHUNK_HEAD_BYTES;
  if (size > webp.length) throw corruptWebp(name, `it has ${webp.length} of ${size} bytes`);
  return { riff: webp, size };
}

function listChunks(bytes: Uint8Array, name: string): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 0; at + CHUNK_HEAD_BYTES <= bytes.length;) {
    const start = at + CHUNK_HEAD_BYTES;
    const end = start + readNumber(bytes, at + 4, 4);
    if (end > bytes.length) throw corruptWebp(name, 'it ends in the middle of a part');
    if (chunks.length === MAX_CHUNKS) throw corruptWebp(name, `it has more than ${MAX_CHUNKS} parts`);
    chunks.push({ type: readType(bytes, at), data: bytes.subarray(start, end) });
    // Chunks begin at even places.
    at = end + (end % 2);
  }
  return chunks;
}

/** VP8X: flags, then width and height less one in three bytes each. */
function readCanvas(data: Uint8Array, name: string): Size {
  if (data.length < 10) throw corruptWebp(name, 'its header is too short');
  return { width: readNumber(data, 4, 3) + 1, height: readNumber(data, 7, 3) + 1 };
}

/** The chunk with the pixels, and the size by its own header. */
function findPixels(chunks: readonly Chunk[], name: string): Size & Chunk {
  const chunk = chunks.find(({ type }) => type === 'VP8 ' || type === 'VP8L');
  if (!chunk) throw corruptWebp(name, 'there is no picture in it');
  const { data, type } = chunk;
  const size = type === 'VP8L' ? readLosslessSize(data) : readLossySize(data);
  if (!size || size.width === 0 || size.height === 0) throw corruptWebp(name, 'its picture gives no size');
  return { ...size, data, type };
}

/** 0x2f, then 14 bits each of width and height less one. */
function readLosslessSize(data: Uint8Array): Size | undefined {
  if (data.length < 5 || data[0] !== 0x2f) return undefined;
  const bits = readNumber(data, 1, 4);
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
}

/** Three bytes of frame tag, 9D 01 2A, then 14 bits each of width and height. */
function readLossySize(data: Uint8Array): Size | undefined {
  if (data.length < 10 || readNumber(data, 3, 3) !== 0x2a019d) return undefined;
  return { width: readNumber(data, 6, 2) & 0x3fff, height: readNumber(data, 8, 2) & 0x3fff };
}

/** ANMF: left and top halved, width and height less one, duration, flags; then the chunks of the frame. */
function readFirstFrame(data: Uint8Array, canvas: Size, name: string): Omit<WebpPicture, 'orientation'> {
  if (data.length < FRAME_HEAD_BYTES) throw corruptWebp(name, 'its first frame is too short');
  const [left, top] = [readNumber(data, 0, 3) * 2, readNumber(data, 3, 3) * 2];
  const chunks = listChunks(data.subarray(FRAME_HEAD_BYTES), name);
  const pixels = findPixels(chunks, name);
  const { width, height } = pixels;
  const isNamed = width === readNumber(data, 6, 3) + 1 && height === readNumber(data, 9, 3) + 1;
  if (!isNamed || left + width > canvas.width || top + height > canvas.height) {
    throw corruptWebp(name, 'its first frame does not fit the picture');
  }
  const alpha = pixels.type === 'VP8 ' ? chunks.find(({ type }) => type === 'ALPH') : undefined;
  return { ...canvas, file: makeFile(pixels, alpha), frame: { left, top, width, height } };
}

function makeFile(pixels: Size & Chunk, alpha: Chunk | undefined): Uint8Array {
  const head = new Uint8Array(10);
  head[0] = alpha ? ALPHA_FLAG : 0;
  writeNumber(head, 4, 3, pixels.width - 1);
  writeNumber(head, 7, 3, pixels.height - 1);
  // VP8L knows its own transparency.
  const chunks = pixels.type === 'VP8L' ? [pixels] : [{ type: 'VP8X', data: head }, ...(alpha ? [alpha] : []), pixels];
  const place = (length: number): number => CHUNK_HEAD_BYTES + length + (length % 2);
  const file = new Uint8Array(chunks.reduce((total, { data }) => total + place(data.length), RIFF_BYTES));
  file.set(new TextEncoder().encode('RIFF0000WEBP'));
  writeNumber(file, 4, 4, file.length - CHUNK_HEAD_BYTES);
  let at = RIFF_BYTES;
  for (const { type, data } of chunks) {
    file.set(new TextEncoder().encode(type), at);
    writeNumber(file, at + 4, 4, data.length);
    file.set(data, at + CHUNK_HEAD_BYTES);
    at += place(data.length);
  }
  return file;
}

function readType(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

/** Whole numbers are little-endian. */
function readNumber(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!;
  return value;
}

function writeNumber(bytes: Uint8Array, at: number, width: number, value: number): void {
  for (let i = 0; i < width; i++) bytes[at + i] = (value >>> (8 * i)) & 0xff;
}
