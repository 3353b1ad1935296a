/**
 * The one thing we need of EXIF: which way up the camera was held. Reads the first directory of the TIFF structure
 * inside a JPEG's APP1 segment, a PNG's eXIf or a WebP's EXIF chunk; every offset is checked, and anything odd means
 * "upright", as viewers do. An orientation in XMP or in a text chunk is not looked for.
 *
 * Pure: runs in Node and in the browser.
 */

const ORIENTATION_TAG = 0x0112;
const SHORT = 3;
const ENTRY_BYTES = 12;

/** EXIF orientation, 1 to 8: 1 is upright, 5 to 8 swap width and height. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** What stands before the TIFF structure in a JPEG, and by mistake in many a PNG and WebP. */
const PREFIX = [0x45, 0x78, 0x69, 0x66, 0, 0];

/** Whether these bytes begin as EXIF in a JPEG does: `Exif\0\0`. */
export function hasExifPrefix(bytes: Uint8Array): boolean {
  return PREFIX.every((byte, i) => bytes[i] === byte);
}

/** The orientation in EXIF data, with its prefix or without; 1 when there is none or the structure is broken. */
export function readOrientation(exif: Uint8Array): Orientation {
  const tiff = hasExifPrefix(exif) ? exif.subarray(PREFIX.length) : exif;
  if (tiff.length < 8) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const little = order === 0x4949;
  if (view.getUint16(2, little) !== 42) return 1;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const room = Math.floor((tiff.length - directory - 2) / ENTRY_BYTES);
  const entries = Math.min(view.getUint16(directory, little), room);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + i * ENTRY_BYTES;
    if (view.getUint16(entry, little) !== ORIENTATION_TAG) continue;
    const value = view.getUint16(entry + 8, little);
    const isShort = view.getUint16(entry + 2, little) === SHORT;
    return isShort && value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
}
