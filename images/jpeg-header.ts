/**
 * The markers of a JPEG (ITU T.81, annex B): the size, so that a picture too large is refused before it is
 * decoded, and the EXIF segment, which says which way is up.
 *
 * Pure: runs in Node and in the browser.
 */
import { FormatError } from '../base/errors.ts';
import { hasExifPrefix, readOrientation, type Orientation } from './exif.ts';

interface JpegHeader {
  /** Pixels as stored, before orientation. */
  readonly width: number;
  readonly height: number;
  /** Channels: 1 grey, 3 colours, 4 those of print. */
  readonly components: number;
  readonly orientation: Orientation;
}

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const APP1 = 0xe1;
/** Colour profiles and the like come in pieces of 64 KB. The decoder takes time by the square of their number. */
const MAX_SEGMENTS = 10_000;

/**
 * Walks through the whole file. Throws `E_IMAGE_CORRUPT` when it ends before its first scan or gives no size there,
 * `E_IMAGE_TOO_LARGE` when it has more segments than any program writes, and as `checkCoding`.
 */
export function readJpegHeader(jpeg: Uint8Array, name: string): JpegHeader {
  let size: { width: number; height: number; components: number } | undefined;
  let orientation: Orientation | undefined;
  let hasScan = false;
  let segments = 0;
  for (const { marker, data } of readSegments(jpeg)) {
    segments += 1;
    if (segments > MAX_SEGMENTS) throw tooManySegments(name);
    hasScan ||= marker === START_OF_SCAN;
    if (hasScan) continue;
    if (isFrame(marker) && data.length >= 6) {
      checkCoding(marker, data[0]!, name);
      size ??= { height: data[1]! * 256 + data[2]!, width: data[3]! * 256 + data[4]!, components: data[5]! };
    } else if (marker === APP1 && hasExifPrefix(data)) {
      orientation ??= readOrientation(data);
    }
  }
  if (!hasScan) throw corruptJpeg(name, 'it ends before the picture begins');
  if (!size || size.width === 0 || size.height === 0) throw corruptJpeg(name, 'its header gives no size');
  return { ...size, orientation: orientation ?? 1 };
}

export function corruptJpeg(name: string, what: string, cause?: unknown): FormatError {
  return new FormatError(
    'E_IMAGE_CORRUPT',
    `decodeJpeg: wanted a whole JPEG, but ${name} cannot be read: ${what}. It is probably damaged or was cut short ` +
      'while copied; fetch or save it again.',
    cause === undefined ? undefined : { cause },
  );
}

/**
 * Throws `E_IMAGE_UNSUPPORTED` for what is neither baseline, extended nor progressive with Huffman codes and 8 bits.
 */
export function checkCoding(marker: number, bits: number, name: string): void {
  if (marker <= 0xc2 && bits === 8) return;
  throw unsupportedJpeg(name, `SOF${marker - 0xc0} with ${bits} bits`);
}

export function unsupportedJpeg(name: string, words: string): FormatError {
  return new FormatError(
    'E_IMAGE_UNSUPPORTED',
    `decodeJpeg: wanted a JPEG of 8 bits with Huffman codes, but ${name} is of another sort (${words}). It is ` +
      'probably 12-bit, lossless or with arithmetic codes, from a scanner, or of unusual colours; save it again as RGB.',
  );
}

/** SOF0 to SOF15; DHT, JPG and DAC lie in between. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Up to the end of the picture, or of the file; as libjpeg does, which goes on behind damage. */
function* readSegments(jpeg: Uint8Array): Generator<{ marker: number; data: Uint8Array }> {
  for (let at = jpeg.indexOf(0xff, 2); at >= 0; at = jpeg.indexOf(0xff, at)) {
    const marker = jpeg[at + 1];
    // A run of 0xFF is padding. 00 is a byte of coded data, where 01 and D0 to D8 stand alone as well.
    if (marker === 0xff) at += 1;
    else if (marker === undefined || marker === END_OF_IMAGE) return;
    else if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else {
      const end = at + 2 + (jpeg[at + 2] ?? NaN) * 256 + (jpeg[at + 3] ?? NaN);
      if (!(end >= at + 4 && end <= jpeg.length)) return;
      yield { marker, data: jpeg.subarray(at + 4, end) };
      at = end;
    }
  }
}

function tooManySegments(name: string): FormatError {
  return new FormatError(
    'E_IMAGE_TOO_LARGE',
    `decodeJpeg: wanted at most ${MAX_SEGMENTS} segments, but ${name} has more. It was probably made to waste time; ` +
      'if it is genuine, open it in a picture viewer and save it again.',
  );
}
