/**
 * The central directory of a zip file, which is the only truth in torch's zips: their local headers hold zeros.
 *
 * Follows PKWARE's APPNOTE (sections 4.3, 4.4, 4.5.3) for the part torch writes: one disk, no comment, ZIP64 where
 * needed. Stricter than the format: nothing before the first entry, nothing after the last record, stored entries only.
 */
import { FormatError } from '../../errors.ts';
import type { ByteSource } from '../byte-source.ts';

/** One entry as the central directory describes it; all offsets and sizes in bytes. */
export interface DirectoryEntry {
  readonly name: string;
  readonly flags: number;
  readonly crc: number;
  readonly size: number;
  /** Where the entry's local header begins. */
  readonly headerOffset: number;
}

export interface ZipDirectory {
  readonly entries: readonly DirectoryEntry[];
  /** Where the directory begins, and so where the last entry must have ended. */
  readonly offset: number;
}

const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const ENTRY_BYTES = 46;
const MAX_ENTRIES = 100_000;
const MAX_DIRECTORY_BYTES = 64 * 1024 * 1024;

/** Bits 0, 6 and 13: the data, the strong encryption's, the directory's own encryption. */
const ENCRYPTED_FLAGS = 0x2041;

/**
 * Reads the central directory.
 *
 * @throws FormatError `E_ZIP_TRUNCATED`, `E_ZIP_LIMIT`, `E_ZIP_STRUCTURE`, `E_ZIP_ENCRYPTED`, `E_ZIP_METHOD`, `E_ZIP_NAME`
 */
export async function readZipDirectory(source: ByteSource): Promise<ZipDirectory> {
  const { count, size, offset } = await locateDirectory(source);
  if (count > MAX_ENTRIES || size > MAX_DIRECTORY_BYTES) {
    throw new FormatError(
      'E_ZIP_LIMIT',
      `readZipDirectory: ${source.name} lists ${count} entries in ${size} bytes; at most ${MAX_ENTRIES} in ` +
        `${MAX_DIRECTORY_BYTES} are read. No checkpoint needs so many: do not trust this file.`,
    );
  }
  const bytes = await source.read(offset, size);
  const entries: DirectoryEntry[] = [];
  const names = new Set<string>();
  let position = 0;
  for (let index = 0; index < count; index++) {
    const { entry, length } = parseEntry(source.name, bytes, position, index);
    if (names.has(entry.name)) {
      throw new FormatError(
        'E_ZIP_NAME',
        `readZipDirectory: ${source.name} lists ${quote(entry.name)} twice; which one ` +
          `is meant cannot be known. Programs write no such files: do not trust this one.`,
      );
    }
    names.add(entry.name);
    entries.push(entry);
    position += length;
  }
  if (position !== size) throw structureError(source.name, `the directory has ${size} bytes, its entries ${position}`);
  return { entries, offset };
}

/** An error about a zip that contradicts itself. */
export function structureError(name: string, what: string): FormatError {
  return new FormatError(
    'E_ZIP_STRUCTURE',
    `readZip: ${name} contradicts itself: ${what}. It is damaged, or was made ` +
      `to look different to different programs; fetch it again from its origin.`,
  );
}

async function locateDirectory(source: ByteSource): Promise<{ count: number; size: number; offset: number }> {
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

function parseEnd64(
  name: string,
  view: DataView,
  locator: number,
  fileSize: number,
): { count: number; size: number; offset: number } {
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
function readUint64(name: string, view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw structureError(name, `a 64-bit field holds ${value}`);
  return value;
}

function parseEntry(
  archive: string,
  bytes: Uint8Array,
  at: number,
  index: number,
): { entry: DirectoryEntry; length: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (at + ENTRY_BYTES > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
    throw structureError(archive, `entry ${index} of its directory is not one`);
  }
  const nameLength = view.getUint16(at + 28, true);
  const extraLength = view.getUint16(at + 30, true);
  const length = ENTRY_BYTES + nameLength + extraLength + view.getUint16(at + 32, true);
  if (at + length > bytes.length) throw structureError(archive, `entry ${index} of its directory is cut`);
  const name = decodeName(archive, bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameLength));
  const flags = view.getUint16(at + 8, true);
  if (flags & ENCRYPTED_FLAGS) {
    throw new FormatError(
      'E_ZIP_ENCRYPTED',
      `readZip: ${quote(name)} in ${archive} is encrypted. Decrypt the file first.`,
    );
  }
  const method = view.getUint16(at + 10, true);
  const extraAt = at + ENTRY_BYTES + nameLength;
  const extra = new DataView(bytes.buffer, bytes.byteOffset + extraAt, extraLength);
  const [size, packed, headerOffset, disk] = applyZip64(archive, name, extra, [
    view.getUint32(at + 24, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 42, true),
    view.getUint16(at + 34, true),
  ]);
  if (disk !== 0) throw structureError(archive, `${quote(name)} is on disk ${disk}`);
  if (method !== 0) {
    throw new FormatError(
      'E_ZIP_METHOD',
      `readZip: ${quote(name)} in ${archive} is compressed (method ${method}); torch ` +
        `stores its entries as they are. If someone re-packed the checkpoint, unpack it and pack it with \`zip -0\`.`,
    );
  }
  if (packed !== size)
    throw structureError(archive, `${quote(name)} is stored, yet has two sizes, ${packed} and ${size}`);
  return { entry: { name, flags, crc: view.getUint32(at + 16, true), size, headerOffset }, length };
}

type Sizes = [size: number, packed: number, offset: number, disk: number];

/** Replaces the fields that hold their escape value by those of the ZIP64 extra field (id 1), in its fixed order. */
function applyZip64(archive: string, name: string, extra: DataView, fields: Sizes): Sizes {
  const result: Sizes = [...fields];
  const isEscaped = fields.map((value, index) => value === (index === 3 ? 0xffff : 0xffffffff));
  let seen = 0;
  let at = 0;
  while (at < extra.byteLength) {
    const end = at + 4 > extra.byteLength ? Infinity : at + 4 + extra.getUint16(at + 2, true);
    if (end > extra.byteLength) throw structureError(archive, `the extra field of ${quote(name)} is cut`);
    if (extra.getUint16(at, true) === 1) {
      if (++seen > 1) throw structureError(archive, `${quote(name)} has two ZIP64 fields`);
      let position = at + 4;
      isEscaped.forEach((escaped, index) => {
        const width = index === 3 ? 4 : 8;
        if (!escaped) return;
        if (position + width > end) throw structureError(archive, `the ZIP64 field of ${quote(name)} is too short`);
        result[index] = index === 3 ? extra.getUint32(position, true) : readUint64(archive, extra, position);
        position += width;
      });
    }
    at = end;
  }
  if (seen === 0 && isEscaped.includes(true)) throw structureError(archive, `${quote(name)} lacks its ZIP64 field`);
  return result;
}

/** The entry's name, refused if it is one that no checkpoint has and that could hurt whoever extracts it. */
function decodeName(archive: string, bytes: Uint8Array): string {
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(
      'E_ZIP_NAME',
      `readZip: ${archive} has an entry whose name is not UTF-8. It is damaged; fetch ` + `it again.`,
      { cause },
    );
  }
  const isHarmless = name.length > 0 && !/[\0\\]|^\/|^[A-Za-z]:|(^|\/)\.\.(\/|$)/.test(name);
  if (isHarmless) return name;
  throw new FormatError(
    'E_ZIP_NAME',
    `readZip: ${archive} has an entry called ${quote(name)}, which would leave the ` +
      `folder it is unpacked in. Nothing was unpacked. Do not trust this file.`,
  );
}

/** A name from the file, safe to print and not too long. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);
}
