/**
 * The central directory of a zip file, which is the only truth in torch's zips: their local headers hold zeros.
 *
 * Follows PKWARE's APPNOTE (sections 4.3, 4.4, 4.5.3) for the part torch writes: one disk, no comment, ZIP64 where
 * needed. Stricter than the format: nothing before the first entry, nothing after the last record, and stored entries
 * only, save for the text of a TorchScript program, which no reader of weights looks at.
 */
import { FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { isProgram, isProgramText, recogniseForeignZip } from './foreign-zips.ts';
import { locateDirectory, quote, readUint64, structureError } from './zip-end.ts';

/** One entry as the central directory describes it; all offsets and sizes in bytes. */
export interface DirectoryEntry {
  readonly name: string;
  readonly flags: number;
  readonly crc: number;
  /** As it was, and in the archive: the same unless it is compressed. */
  readonly size: number;
  readonly packed: number;
  /** 0 for one that is stored as it is. */
  readonly method: number;
  /** Where the entry's local header begins. */
  readonly headerOffset: number;
}

interface ZipDirectory {
  readonly entries: readonly DirectoryEntry[];
  /** Where the directory begins, and so where the last entry must have ended. */
  readonly offset: number;
}

const ENTRY_BYTES = 46;
const DEFLATED = 8;
const MAX_ENTRIES = 100_000;
const MAX_DIRECTORY_BYTES = 64 * 1024 * 1024;

/** Bits 0, 6 and 13: the data, the strong encryption's, the directory's own encryption. */
const ENCRYPTED_FLAGS = 0x2041;

/**
 * Reads the central directory.
 *
 * @throws FormatError `E_ZIP_TRUNCATED`, `E_ZIP_LIMIT`, `E_ZIP_STRUCTURE`, `E_ZIP_ENCRYPTED`, `E_ZIP_METHOD`,
 *   `E_ZIP_NAME`, `E_FORMAT_UNKNOWN` for the compressed archive of another program
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
  let compressed: { readonly name: string; readonly method: number } | undefined;
  let position = 0;
  for (let index = 0; index < count; index++) {
    const { entry, length, method } = parseEntry(source.name, bytes, position, index);
    if (names.has(entry.name)) {
      throw new FormatError(
        'E_ZIP_NAME',
        `readZipDirectory: ${source.name} lists ${quote(entry.name)} twice; which one ` +
          `is meant cannot be known. Programs write no such files: do not trust this one.`,
      );
    }
    names.add(entry.name);
    entries.push(entry);
    if (method !== 0 && !(method === DEFLATED && isProgramText(entry.name))) {
      compressed ??= { name: entry.name, method };
    }
    position += length;
  }
  if (!compressed && !isProgram([...names])) compressed = entries.find(({ method }) => method !== 0);
  if (compressed) throw compressedError(source.name, compressed, names);
  if (position !== size) throw structureError(source.name, `the directory has ${size} bytes, its entries ${position}`);
  return { entries, offset };
}

function parseEntry(
  archive: string,
  bytes: Uint8Array,
  at: number,
  index: number,
): { entry: DirectoryEntry; length: number; method: number } {
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
  if (method === 0 && packed !== size)
    throw structureError(archive, `${quote(name)} is stored, yet has two sizes, ${packed} and ${size}`);
  return {
    entry: { name, flags, crc: view.getUint32(at + 16, true), size, packed, method, headerOffset },
    length,
    method,
  };
}

/** Programs compress what they save; that it is a program says more than how. */
function compressedError(
  archive: string,
  { name, method }: { readonly name: string; readonly method: number },
  names: ReadonlySet<string>,
): FormatError {
  const foreign = recogniseForeignZip(names);
  if (foreign !== undefined) return new FormatError('E_FORMAT_UNKNOWN', `readZip: ${archive} is ${foreign}.`);
  return new FormatError(
    'E_ZIP_METHOD',
    `readZip: ${quote(name)} in ${archive} is compressed (method ${method}); only entries stored as they are can be ` +
      `read, which is what torch.save and numpy.savez write. Save it with savez in place of savez_compressed; if someone ` +
      `re-packed the checkpoint, unpack it and pack it with \`zip -0\`.`,
  );
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
