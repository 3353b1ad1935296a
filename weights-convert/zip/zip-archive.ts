/**
 * A zip file of stored entries, opened for random access: where each entry's bytes lie, and their checksum.
 *
 * The central directory (zip-directory.ts) says what exists; local headers are read only to find where data begins and
 * to see that they do not disagree. Entries must not share bytes, so what is read never exceeds the file.
 */
import { FormatError } from '../../base/errors.ts';
import { readBlocks, type ByteSource } from '../byte-source.ts';
import { crc32 } from '../../base/crc32.ts';
import { readZipDirectory, type DirectoryEntry } from './zip-directory.ts';
import { quote, structureError } from './zip-end.ts';

/** Bytes of one entry: `size` of them from `offset` of the file unless it is deflated, with this CRC-32. */
export interface ZipEntry {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly crc: number;
  /** Bytes it takes where it is deflated; absent for one that is stored as it is. */
  readonly packed?: number;
}

const HEADER_BYTES = 30;
/** Bit 3: sizes and CRC follow the data, and the header holds zeros. */
const DESCRIPTOR_FLAG = 8;
/** A mark, the CRC and two sizes of eight bytes. */
const MAX_DESCRIPTOR_BYTES = 24;

/**
 * Lists the entries of a zip file by name, in the order they lie in the file. Reads no data.
 *
 * @throws FormatError `E_ZIP_OVERLAP`, and those of `readZipDirectory`
 */
export async function openZip(source: ByteSource): Promise<Map<string, ZipEntry>> {
  const directory = await readZipDirectory(source);
  const inFileOrder = [...directory.entries].sort((a, b) => a.headerOffset - b.headerOffset);
  const entries = new Map<string, ZipEntry>();
  let previousEnd = 0;
  let slack = 0;
  for (const entry of inFileOrder) {
    if (entry.headerOffset < previousEnd) throw overlapError(source.name, entry.name);
    if (previousEnd === 0 && entry.headerOffset !== 0) {
      throw structureError(source.name, `${entry.headerOffset} bytes lie before its first entry`);
    }
    const offset = await findData(source, entry, directory.offset);
    if (previousEnd > 0) checkGap(source.name, entry.headerOffset - previousEnd, slack);
    slack = (entry.flags & DESCRIPTOR_FLAG) === 0 ? 0 : MAX_DESCRIPTOR_BYTES;
    previousEnd = offset + entry.packed;
    if (previousEnd > directory.offset) throw overlapError(source.name, entry.name);
    const { name, size, packed, crc, method } = entry;
    entries.set(name, { name, offset, size, crc, ...(method !== 0 && { packed }) });
  }
  if (previousEnd > 0) checkGap(source.name, directory.offset - previousEnd, slack);
  return entries;
}

/** Every byte belongs to an entry: what lies between two of them could hold anything. */
function checkGap(archive: string, gap: number, slack: number): void {
  if (gap > slack) throw structureError(archive, `${gap} bytes lie behind one of its entries and belong to none`);
}

/** All bytes of an entry, for small ones; checked against its CRC-32 (`E_ZIP_CRC`). */
export async function readZipEntry(source: ByteSource, entry: ZipEntry): Promise<Uint8Array> {
  const bytes = await source.read(entry.offset, entry.size);
  if (crc32(bytes) !== entry.crc) throw crcError(source.name, entry);
  return bytes;
}

/** What a file of a program may come to: more than any has. */
const MOST_UNPACKED = 4 * 1024 * 1024;

/** All bytes of a deflated entry; undefined where they are more than any program has, or not as many as it says. */
export async function inflateZipEntry(source: ByteSource, entry: ZipEntry): Promise<Uint8Array | undefined> {
  const { offset, size, packed = size } = entry;
  if (size > MOST_UNPACKED) return undefined;
  const parts: Uint8Array[] = [];
  let got = 0;
  try {
    const blob = new Blob([Uint8Array.from(await source.read(offset, packed))]);
    const reader = blob.stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
    for (let { done, value } = await reader.read(); !done && got <= size; { done, value } = await reader.read()) {
      parts.push(value!);
      got += value!.length;
    }
    await reader.cancel();
  } catch {
    return undefined;
  }
  return got === size
    ? new Uint8Array(await new Blob(parts.map((part) => Uint8Array.from(part))).arrayBuffer())
    : undefined;
}

/** Reads an entry of any size from end to end and checks its CRC-32 (`E_ZIP_CRC`). */
export async function verifyZipEntry(source: ByteSource, entry: ZipEntry): Promise<void> {
  let crc = 0;
  for await (const block of readBlocks(source, entry.offset, entry.size)) crc = crc32(block, crc);
  if (crc !== entry.crc) throw crcError(source.name, entry);
}

/** Where the data of an entry begins. The local header must agree wherever it says anything. */
async function findData(source: ByteSource, entry: DirectoryEntry, limit: number): Promise<number> {
  const nameBytes = new TextEncoder().encode(entry.name);
  const headerEnd = entry.headerOffset + HEADER_BYTES + nameBytes.length;
  if (headerEnd > limit) throw overlapError(source.name, entry.name);
  const header = await source.read(entry.headerOffset, HEADER_BYTES + nameBytes.length);
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const disagrees = (what: string): FormatError =>
    structureError(source.name, `the header of ${quote(entry.name)} and the directory differ in ${what}`);
  if (view.getUint32(0, true) !== 0x04034b50) throw disagrees('place');
  if (view.getUint16(6, true) !== entry.flags) throw disagrees('flags');
  if (view.getUint16(8, true) !== entry.method) throw disagrees('method');
  if (view.getUint16(26, true) !== nameBytes.length) throw disagrees('name');
  if (nameBytes.some((byte, index) => header[HEADER_BYTES + index] !== byte)) throw disagrees('name');
  checkLocalSizes(view, entry, disagrees);
  return headerEnd + view.getUint16(28, true);
}

/** CRC and sizes may be left out (zero) where a descriptor follows the data, or moved to a ZIP64 field (all ones). */
function checkLocalSizes(view: DataView, entry: DirectoryEntry, disagrees: (what: string) => FormatError): void {
  const mayOmit = (entry.flags & DESCRIPTOR_FLAG) !== 0;
  const crc = view.getUint32(14, true);
  if (crc !== entry.crc && !(mayOmit && crc === 0)) throw disagrees('checksum');
  for (const [size, wanted] of [
    [view.getUint32(18, true), entry.packed],
    [view.getUint32(22, true), entry.size],
  ]) {
    if (size !== wanted && size !== 0xffffffff && !(mayOmit && size === 0)) throw disagrees('size');
  }
}

function overlapError(archive: string, name: string): FormatError {
  return new FormatError(
    'E_ZIP_OVERLAP',
    `openZip: ${quote(name)} in ${archive} shares bytes with another entry or with ` +
      `the directory. That is how a small file pretends to hold a large one: do not trust this file.`,
  );
}

function crcError(archive: string, entry: ZipEntry): FormatError {
  return new FormatError(
    'E_ZIP_CRC',
    `readZip: ${quote(entry.name)} in ${archive} (${entry.size} bytes) does not match ` +
      `its checksum. The file was damaged on its way or changed since it was written; fetch it again.`,
  );
}
