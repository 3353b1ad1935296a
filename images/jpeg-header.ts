/**
 * The markers of a JPEG before its first scan (ITU T.81, annex B): the size, so that a picture too large is refused
 * before it is decoded, and the EXIF segment, which says which way is up.
 *
 * Pure: runs in Node and in the browser.
 */
import { FormatError } from '../base/errors.ts';
import { hasExifPrefix, readOrientation, type Orientation } from './exif.ts';

export interface JpegHeader {
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

/** Reads the segments up to the first scan. Throws `E_IMAGE_CORRUPT` when they end early or give no size. */
export function readJpegHeader(jpeg: Uint8Array, name: string): JpegHeader {
  let size: { width: number; height: number; components: number } | undefined;
  let orientation: Orientation | undefined;
  for (const { marker, data } of readSegments(jpeg, name)) {
    if (isFrame(marker) && data.length >= 6) {
      size ??= { height: data[1]! * 256 + data[2]!, width: data[3]! * 256 + data[4]!, components: data[5]! };
    } else if (marker === APP1 && hasExifPrefix(data)) {
      orientation ??= readOrientation(data);
    }
  }
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

/** SOF0 to SOF15; DHT, JPG and DAC lie in between. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function* readSegments(jpeg: Uint8Array, name: string): Generator<{ marker: number; data: Uint8Array }> {
  let offset = 2;
  while (offset + 4 <= jpeg.length) {
    const marker = jpeg[offset + 1]!;
    // Anything before 0xFF is garbage that decoders skip; a run of 0xFF is padding; 01 and D0 to D7 stand alone.
    if (jpeg[offset] !== 0xff || marker === 0xff || marker === 0) {
      offset += 1;
      continue;
    }
    if (marker === START_OF_SCAN || marker === END_OF_IMAGE) return;
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      offset += 2;
      continue;
    }
    const end = offset + 2 + jpeg[offset + 2]! * 256 + jpeg[offset + 3]!;
    if (end < offset + 4 || end > jpeg.length) break;
    yield { marker, data: jpeg.subarray(offset + 4, end) };
    offset = end;
  }
  throw corruptJpeg(name, 'it ends before the picture begins');
}
