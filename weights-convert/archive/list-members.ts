/**
 * The files in a tar archive, each as a range of it. Nothing is ever written under a name that an archive gives, so no
 * name leads anywhere: a name is what messages say, and nothing more. Follows the pax interchange format of POSIX, with
 * GNU's long names and large numbers.
 */
import { FormatError } from '../../base/errors.ts';
import { checkRange, type ByteSource } from '../byte-source.ts';

const BLOCK = 512;
/** Models have some ten files. */
const MAX_ENTRIES = 4096;
/** Of a long name, and of what pax says of a file. */
const MAX_NOTE_BYTES = 64 * 1024;
/** What is told of a name. */
const MAX_NAME_LENGTH = 200;

/** The letters of types: a file, what says something of the next entry or of all, and what has no content here. */
const FILES = '0\0' + '7';
const NOTES = 'xL';
/** Links, devices, folders, pipes, what holds for all files, long names of links, and the volume's name. */
const EMPTY = '123456gKV';

interface Entry {
  readonly name: string;
  readonly type: string;
  readonly offset: number;
  readonly size: number;
}

/** Whether these are the first bytes of a tar archive. */
export function isTar(head: Uint8Array): boolean {
  return new TextDecoder().decode(head.subarray(257, 262)) === 'ustar';
}

/**
 * Finds the files of an archive.
 *
 * @returns one source for each, in the order of the archive; closing the archive is the caller's business
 * @throws FormatError `E_ARCHIVE` for an archive that is cut or damaged, or has entries that are not read
 */
export async function listMembers(archive: ByteSource): Promise<ByteSource[]> {
  const members: ByteSource[] = [];
  let [place, count] = [0, 0];
  /** What the entry before says of the next one. */
  let note: Partial<Pick<Entry, 'name' | 'size'>> = {};
  for (;;) {
    if (place + BLOCK > archive.size) throw archiveError(archive, 'it ends before the mark of its end: it was cut');
    const header = await archive.read(place, BLOCK);
    if (header.every((byte) => byte === 0)) return members;
    if (++count > MAX_ENTRIES) throw archiveError(archive, `it has more than ${MAX_ENTRIES} entries`);
    const entry = { ...readHeader(header, place, archive), ...note };
    const { type, name, offset, size } = entry;
    if (size > archive.size - offset) {
      throw archiveError(
        archive,
        `${quote(name)} has ${size} bytes, and ${archive.size - offset} are left: it was cut`,
      );
    }
    note = NOTES.includes(type) ? await readNote(entry, archive) : {};
    // A name that ends so is a folder's, in archives older than their types.
    if (FILES.includes(type) && !isHidden(name)) members.push(makeMember(entry, archive));
    const isContent = FILES.includes(type) || NOTES.includes(type);
    if (!isContent && !EMPTY.includes(type)) {
      throw archiveError(archive, `${quote(name)} is an entry of the type ${quote(type)}, which is not read`);
    }
    place = offset + Math.ceil((isContent || type === 'g' || type === 'K' ? size : 0) / BLOCK) * BLOCK;
  }
}

/** Folders, and what macOS puts beside each file. */
function isHidden(name: string): boolean {
  return name.endsWith('/') || /(^|\/)\._[^/]*$/.test(name);
}

function makeMember({ name, offset, size }: Entry, archive: ByteSource): ByteSource {
  const full = `${archive.name}: ${quote(name)}`;
  return {
    name: full,
    size,
    read: async (start, length) => {
      checkRange(full, size, start, length);
      return archive.read(offset + start, length);
    },
  };
}

function readHeader(header: Uint8Array, place: number, archive: ByteSource): Entry {
  const field = (at: number, length: number): string => decodeField(header.subarray(at, at + length));
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (sum !== readNumber(header.subarray(148, 156))) {
    throw archiveError(
      archive,
      `the header at byte ${place} has another sum than it says: it is damaged, or no tar archive`,
    );
  }
  const prefix = isTar(header) && header[262] === 0 ? field(345, 155) : '';
  const name = prefix === '' ? field(0, 100) : `${prefix}/${field(0, 100)}`;
  const size = readNumber(header.subarray(124, 136));
  if (size === undefined) throw archiveError(archive, `${quote(name)} does not say how long it is`);
  return { name, type: String.fromCharCode(header[156]!), offset: place + BLOCK, size };
}

/** Octal digits, or where the first bit is set a number of that many bytes; undefined for neither. */
function readNumber(field: Uint8Array): number | undefined {
  if (field[0] === 0x80) {
    const value = field.subarray(1).reduce((total, byte) => total * 256 + byte, 0);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const digits = decodeField(field).trim();
  return /^[0-7]{1,12}$/.test(digits) ? parseInt(digits, 8) : undefined;
}

/** Text up to a zero. */
function decodeField(field: Uint8Array): string {
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

async function readNote({ type, name, offset, size }: Entry, archive: ByteSource): Promise<Partial<Entry>> {
  if (size > MAX_NOTE_BYTES) throw archiveError(archive, `what it says of one file has ${size} bytes`);
  const bytes = await archive.read(offset, size);
  if (type === 'L') return { name: decodeField(bytes) };
  const records = readRecords(bytes);
  if (!records) throw archiveError(archive, `${quote(name)}, which says more of the file behind it, is damaged`);
  const [path, length] = [records.get('path'), records.get('size')];
  if (length !== undefined && !/^\d{1,15}$/.test(length))
    throw archiveError(archive, `a file of ${quote(length)} bytes`);
  return { ...(path !== undefined && { name: path }), ...(length !== undefined && { size: Number(length) }) };
}

/** Lines of a length, a key and a value: `27 path=a/b/c.safetensors`; undefined for any others. */
function readRecords(bytes: Uint8Array): Map<string, string> | undefined {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const digits = /^\d{1,6} /.exec(decodeField(bytes.subarray(at, at + 7)))?.[0];
    const end = at + Number(digits ?? 0);
    if (digits === undefined || end > bytes.length || end - at <= digits.length) return undefined;
    const [key, ...value] = new TextDecoder().decode(bytes.subarray(at + digits.length, end - 1)).split('=');
    records.set(key!, value.join('='));
    at = end;
  }
  return records;
}

/** A name as a terminal may be shown it. */
function quote(name: string): string {
  return name.slice(0, MAX_NAME_LENGTH).replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '?');
}

function archiveError({ name }: ByteSource, what: string): FormatError {
  return new FormatError(
    'E_ARCHIVE',
    `listMembers: of the archive ${name} nothing was read: ${what}. Fetch it again, or unpack it and convert its files.`,
  );
}
