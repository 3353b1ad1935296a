/**
 * Arrays of objects in NumPy's files: a header, and then a pickle in place of numbers. Only the way to that pickle is
 * found here; what cannot be read as a header is left to the reader of arrays to refuse.
 */
import type { ByteSource } from '../byte-source.ts';

const MAGIC = [0x93, ...[...'NUMPY'].map((letter) => letter.charCodeAt(0))];
const PREFIX_BYTES = 12;
const MAX_HEADER_BYTES = 64 * 1024;

/** Where the pickle of an array of objects begins; undefined for numbers, and for what is no array. */
export async function findObjects(source: ByteSource, start: number, end: number): Promise<number | undefined> {
  const prefix = await source.read(start, Math.min(PREFIX_BYTES, end - start));
  if (prefix.length < PREFIX_BYTES || MAGIC.some((byte, index) => prefix[index] !== byte)) return undefined;
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length);
  const [from, length] = prefix[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (length > MAX_HEADER_BYTES || start + from + length >= end) return undefined;
  const header = String.fromCharCode(...(await source.read(start + from, length)));
  // As a type of its own, or as that of a field: '|O', 'O'.
  return /'[<>|=]?O\d*'/.test(header) ? start + from + length : undefined;
}
