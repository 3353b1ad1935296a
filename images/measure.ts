/**
 * The size of a picture by its header, and whether the file looks whole, without decoding a pixel: what a look over a
 * hundred thousand files can afford.
 *
 * Pure: runs in Node and in the browser.
 */
import { readJpegHeader } from './jpeg-header.ts';
import { readPngHeader } from './png-header.ts';
import { sniffImage } from './sniff.ts';
import { readWebp } from './webp-file.ts';

interface PictureMeasure {
  /** Pixels as stored; EXIF may swap them. */
  readonly width: number;
  readonly height: number;
  /** Whether the file ends as files of its kind do. Some that do not are whole all the same: decoding tells. */
  readonly endsWell: boolean;
}

/**
 * @param head the first bytes of the file; a WebP's must be all of it, a JPEG's reach to its picture
 * @param tail the last bytes of the file; of 64 at most the end is looked for
 * @throws FormatError `E_IMAGE_KIND`, `E_IMAGE_CORRUPT`, `E_IMAGE_UNSUPPORTED`, `E_IMAGE_TOO_LARGE`
 */
export function measurePicture(head: Uint8Array, tail: Uint8Array, name: string): PictureMeasure {
  const kind = sniffImage(head, name);
  const { width, height } = readers[kind](head, name);
  return { width, height, endsWell: kind === 'webp' || endsWith(tail, ENDS[kind]) };
}

/** A WebP says its length in its header, which its reader compares. */
const readers = { png: readPngHeader, jpeg: readJpegHeader, webp: readWebp } as const;

/** IEND's type, and the end of a JPEG. */
const ENDS = { png: [0x49, 0x45, 0x4e, 0x44], jpeg: [0xff, 0xd9] } as const;
/** Cameras append a few bytes, and PNG's IEND is followed by its checksum. */
export const TAIL_BYTES = 64;

function endsWith(bytes: Uint8Array, end: readonly number[]): boolean {
  const first = Math.max(0, bytes.length - TAIL_BYTES);
  for (let at = bytes.length - end.length; at >= first; at--) {
    if (end.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
}
