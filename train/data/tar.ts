/**
 * The members of a tar, where they lie and how they are called: headers of 512 bytes (POSIX ustar), with the long names
 * of GNU tar (L) and of pax (x). Nothing is unpacked, and no name is ever taken for a path to write to.
 *
 * Pure: runs in Node and in the browser.
 */
import type { ByteSource } from '../../weights-convert/byte-source.ts';
import {
  BLOCK,
  MAX_NOTE_BYTES,
  readField,
  readPaxRecords,
  readTarHeader,
} from '../../weights-convert/archive/tar-header.ts';

interface TarMember {
  readonly name: string;
  /** Where its bytes begin. */
  readonly offset: number;
  readonly size: number;
}

/** What is wrong with a tar, for whoever counts such. */
export class TarDamage extends Error {}

/** Small members and the headers after them come with one read. */
const WINDOW_BYTES = 8192;

/**
 * The files in `source`, in order; folders, links and devices are passed over.
 *
 * @throws TarDamage where it is no tar, or ends within a member; all before that was given
 */
export async function* readTarMembers(source: ByteSource): AsyncGenerator<TarMember> {
  const read = readThroughWindow(source);
  let notes: Notes = {};
  for (let at = 0; ;) {
    if (at + BLOCK > source.size) throw new TarDamage(at === 0 ? 'it is no tar' : 'its end is missing');
    const header = await read(at, BLOCK);
    if (header.every((byte) => byte === 0)) return;
    const { type, ...stated } = readHeader(header, at);
    const size = isNote(type) ? stated.size : (notes.size ?? stated.size);
    const offset = at + BLOCK;
    if (offset + size > source.size) throw new TarDamage(`it ends within ${stated.name || 'a member'}`);
    at = offset + Math.ceil(size / BLOCK) * BLOCK;
    if (isNote(type)) {
      if (size > MAX_NOTE_BYTES) throw new TarDamage('a name in it is too long');
      notes = { ...notes, ...readNote(type, await read(offset, size)) };
      continue;
    }
    const isFile = type === '0' || type === '\0' || type === '7';
    if (isFile && !notes.isSparse) yield { name: notes.name ?? stated.name, offset, size };
    notes = {};
  }
}

/** What a member that stands before another says of it. */
interface Notes {
  readonly name?: string;
  readonly size?: number;
  /** Files with holes do not lie in a tar as they are. */
  readonly isSparse?: boolean;
}

/** L and K: names and targets of links, by GNU tar. x: of the next member, g: of all, by pax. */
function isNote(type: string): boolean {
  return type === 'L' || type === 'K' || type === 'x' || type === 'g';
}

function readNote(type: string, bytes: Uint8Array): Notes {
  if (type === 'L') return { name: readField(bytes) };
  if (type !== 'x') return {};
  const records = readPaxRecords(bytes);
  if (!records) throw new TarDamage('its notes on a member are malformed');
  const [name, size] = [records.get('path'), records.get('size')];
  return {
    ...(name !== undefined && { name }),
    ...(size !== undefined && { size: checkSize(Number(size)) }),
    ...([...records.keys()].some((key) => key.startsWith('GNU.sparse.')) && { isSparse: true }),
  };
}

function readHeader(
  bytes: Uint8Array,
  at: number,
): { readonly name: string; readonly type: string; readonly size: number } {
  const header = readTarHeader(bytes);
  if (!header) throw new TarDamage(at === 0 ? 'it is no tar' : 'a header in it is damaged');
  // Old archives leave the size of a folder blank.
  const isBlank = readField(bytes.subarray(124, 136)).trim() === '';
  return { ...header, size: isBlank ? 0 : checkSize(header.size) };
}

function checkSize(size: number | undefined): number {
  if (size !== undefined && Number.isSafeInteger(size) && size >= 0) return size;
  throw new TarDamage('a member in it has no size');
}

/** Reads of `source`, of which those after one another come from one larger read. */
function readThroughWindow(source: ByteSource): (offset: number, length: number) => Promise<Uint8Array> {
  let start = 0;
  let window = new Uint8Array();
  return async (offset, length) => {
    if (offset < start || offset + length > start + window.length) {
      const most = Math.min(Math.max(length, WINDOW_BYTES), source.size - offset);
      [start, window] = [offset, (await source.read(offset, most)) as Uint8Array<ArrayBuffer>];
    }
    return window.subarray(offset - start, offset - start + length);
  };
}
