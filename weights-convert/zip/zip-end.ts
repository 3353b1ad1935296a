/**
 * The end of a zip file: the records that say where its central directory lies, in their 32-bit and 64-bit forms.
 *
 * Follows PKWARE's APPNOTE (4.3.14 to 4.3.16). There must be no archive comment, so the last record has one possible
 * place, and no two programs can see two different archives in one file.
 */
import { FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';

const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const END64_BYTES = 56;

/** Where the central directory lies, and how many entries it lists. */
interface DirectoryLocation {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
}

/**
 * Finds the central directory; it must end exactly where the end records begin.
 *
 * @throws FormatError `E_ZIP_TRUNCATED`, `E_ZIP_STRUCTURE`
 */
export async function locateDirectory(source: ByteSource): Promise<DirectoryLocation> {
  const tailLength = Math.min(source.size, END_BYTES + LOCATOR_BYTES + END64_BYTES);
  const tail = await source.read(source.size - tailLength, tailLength);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  const end = tail.length - END_BYTES;
  if (end < 0 || view.getUint32(end, true) !== 0x06054b50 || view.getUint16(end + 20, true) !== 0) {
    throw new FormatError(
      'E_ZIP_TRUNCATED',
      `readZip: ${source.name} (${source.size} bytes) does not end with a zip's directory. Most likely its download ` +
        `was cut short, or bytes were appended to it; fetch it again.`,
    );
  }
  if (view.getUint16(end + 4, true) !== 0 || view.getUint16(end + 6, true) !== 0) {
    throw structureError(source.name, 'it claims to be part of a split archive');
  }
  let found = {
    count: view.getUint16(end + 10, true),
    size: view.getUint32(end + 12, true),
    offset: view.getUint32(end + 16, true),
  };
  const countHere = view.getUint16(end + 8, true);
  let directoryEnd = source.size - END_BYTES;
  const locator = end - LOCATOR_BYTES;
  if (locator >= 0 && view.getUint32(locator, true) === 0x07064b50) {
    const end64 = parseEnd64(source.name, view, locator, source.size);
    // A 32-bit field either says the same or refers to its 64-bit twin.
    const agrees = (short: number, long: number, escape: number): boolean => short === escape || short === long;
    if (
      !agrees(found.count, end64.count, 0xffff) ||
      !agrees(found.size, end64.size, 0xffffffff) ||
      !agrees(found.offset, end64.offset, 0xffffffff) ||
      !agrees(countHere, end64.count, 0xffff)
    ) {
      throw structureError(source.name, 'its 32-bit and 64-bit end records differ');
    }
    found = end64;
    directoryEnd -= LOCATOR_BYTES + END64_BYTES;
  } else if (countHere !== found.count) {
    throw structureError(source.name, 'it claims to be part of a split archive');
  }
  if (found.offset + found.size !== directoryEnd) {
    throw structureError(
      source.name,
      `its directory should end at byte ${directoryEnd}, and ends at ${found.offset + found.size}`,
    );
  }
  return found;
}

function parseEnd64(name: string, view: DataView, locator: number, fileSize: number): DirectoryLocation {
  const start = locator - END64_BYTES;
  const at = fileSize - END_BYTES - LOCATOR_BYTES - END64_BYTES;
  if (
    start < 0 ||
    view.getUint32(start, true) !== 0x06064b50 ||
    view.getBigUint64(start + 4, true) !== 44n ||
    view.getBigUint64(locator + 8, true) !== BigInt(at)
  ) {
    throw structureError(name, 'its 64-bit end record is not where its locator says');
  }
  const disks = [view.getUint32(locator + 4, true), view.getUint32(start + 16, true), view.getUint32(start + 20, true)];
  const count = readUint64(name, view, start + 32);
  if (disks.some((disk) => disk !== 0) || readUint64(name, view, start + 24) !== count) {
    throw structureError(name, 'it claims to be part of a split archive');
  }
  return { count, size: readUint64(name, view, start + 40), offset: readUint64(name, view, start + 48) };
}

/** A 64-bit field as a number; what no file can reach is a contradiction. */
export function readUint64(name: string, view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw structureError(name, `a 64-bit field holds ${value}`);
  return value;
}

/** An error about a zip that contradicts itself. */
export function structureError(name: string, what: string): FormatError {
  return new FormatError(
    'E_ZIP_STRUCTURE',
    `readZip: ${name} contradicts itself: ${what}. It is damaged, or was made ` +
      `to look different to different programs; fetch it again from its origin.`,
  );
}

/** A name from the file, safe to print and not too long. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);
}
