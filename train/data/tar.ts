/**
 * The members of a tar, where they lie and how they are called: headers of 512 bytes (POSIX ustar), with the long names
 * of GNU tar (L) and of pax (x). Nothing is unpacked, and no name is ever taken for a path to write to.
 *
 * Pure: runs in Node and in the browser.
 */
import type { ByteSource } from '../../weights-convert/byte-source.ts';

interface TarMember {
  readonly name: string;
  /** Where its bytes begin. */
  readonly offset: number;
  readonly size: number;
}

/** What is wrong with a tar, for whoever counts such. */
export class TarDamage extends Error {}

const BLOCK = 512;
/** Small members and the headers after them come with one read. */
const WINDOW_BYTES = 8192;
/** A name may be as long as a path can be, with room for other notes of pax. */
const MAX_NOTE_BYTES = 65_536;

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
  if (type === 'L') return { name: readText(bytes) };
  return type === 'x' ? readPax(bytes) : {};
}

/** Records "length key=value\n"; the length counts itself. */
function readPax(bytes: Uint8Array): Notes {
  let notes: Notes = {};
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? NaN : Number(readText(bytes.subarray(at, space)));
    if (!(Number.isInteger(length) && length > space - at && at + length <= bytes.length)) {
      throw new TarDamage('its notes on a member are malformed');
    }
    const record = readText(bytes.subarray(space + 1, at + length - 1));
    const [key, value] = [record.slice(0, record.indexOf('=')), record.slice(record.indexOf('=') + 1)];
    if (key === 'path') notes = { ...notes, name: value };
    else if (key === 'size') notes = { ...notes, size: checkSize(Number(value)) };
    else if (key.startsWith('GNU.sparse.')) notes = { ...notes, isSparse: true };
    at += length;
  }
  return notes;
}

interface Header {
  readonly name: string;
  readonly size: number;
  readonly type: string;
}

function readHeader(header: Uint8Array, at: number): Header {
  // The checksum counts its own field as spaces.
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  if (sum !== readNumber(header.subarray(148, 156))) {
    throw new TarDamage(at === 0 ? 'it is no tar' : 'a header in it is damaged');
  }
  const name = readText(header.subarray(0, 100));
  // GNU's magic ends in a space, and keeps times where ustar has the front of a long name.
  const isUstar = readText(header.subarray(257, 263)) === 'ustar';
  const front = isUstar ? readText(header.subarray(345, 500)) : '';
  const type = String.fromCharCode(header[156]!);
  return { name: front ? `${front}/${name}` : name, size: checkSize(readNumber(header.subarray(124, 136))), type };
}

/** Octal digits; or, where the first bit is set, a number of base 256. */
function readNumber(field: Uint8Array): number {
  if (field[0]! & 0x80) return field.slice(1).reduce((value, byte) => value * 256 + byte, field[0]! & 0x7f);
  const digits = readText(field).trim();
  return /^[0-7]*$/.test(digits) ? parseInt(digits || '0', 8) : NaN;
}

function checkSize(size: number): number {
  if (Number.isSafeInteger(size) && size >= 0) return size;
  throw new TarDamage('a member in it has no size');
}

/** Up to the first NUL. Bytes that are no UTF-8 become signs of replacement: names are only shown and compared. */
function readText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
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
