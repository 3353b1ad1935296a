/**
 * The files in a tar archive, each as a range of it. Nothing is ever written under a name that an archive gives, so no
 * name leads anywhere: a name is what messages say, and nothing more. Follows the pax interchange format of POSIX, with
 * GNU's long names and large numbers.
 */
import { FormatError } from '../../base/errors.ts';
import { checkRange, type ByteSource } from '../byte-source.ts';
import { BLOCK, MAX_NOTE_BYTES, readField, readPaxRecords, readTarHeader } from './tar-header.ts';

/** Models have some ten files. */
const MAX_ENTRIES = 4096;
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
  const read = readTarHeader(header);
  if (!read) {
    throw archiveError(
      archive,
      `the header at byte ${place} has another sum than it says: it is damaged, or no tar archive`,
    );
  }
  const { name, type, size } = read;
  if (size === undefined) throw archiveError(archive, `${quote(name)} does not say how long it is`);
  return { name, type, offset: place + BLOCK, size };
}

async function readNote({ type, name, offset, size }: Entry, archive: ByteSource): Promise<Partial<Entry>> {
  if (size > MAX_NOTE_BYTES) throw archiveError(archive, `what it says of one file has ${size} bytes`);
  const bytes = await archive.read(offset, size);
  if (type === 'L') return { name: readField(bytes) };
  const records = readPaxRecords(bytes);
  if (!records) throw archiveError(archive, `${quote(name)}, which says more of the file behind it, is damaged`);
  const [path, length] = [records.get('path'), records.get('size')];
  if (length !== undefined && !/^\d{1,15}$/.test(length))
    throw archiveError(archive, `a file of ${quote(length)} bytes`);
  return { ...(path !== undefined && { name: path }), ...(length !== undefined && { size: Number(length) }) };
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
