/**
 * Arrays of objects in NumPy's files: a header, and then a pickle in place of numbers. Only the way to that pickle is
 * found here; what cannot be read as a header is left to the reader of arrays to refuse.
 */
import type { ByteSource } from '../byte-source.ts';

const MAGIC = [0x93, ...[...'NUMPY'].map((letter) => letter.charCodeAt(0))];
const PREFIX_BYTES = 12;
/** No type of numbers takes more to say; a longer header still ends where it says. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Where what is behind a header begins, and whether it is a pickle. */
interface ObjectsPlace {
  readonly start: number;
  /** True where the header says so; false where it says nothing that is understood. */
  readonly isCertain: boolean;
}

/** Where the pickle of an array of objects may begin, or one behind numbers; undefined if there is no room for one. */
export async function findObjects(source: ByteSource, start: number, end: number): Promise<ObjectsPlace | undefined> {
  const prefix = await source.read(start, Math.min(PREFIX_BYTES, end - start));
  if (prefix.length < PREFIX_BYTES || MAGIC.some((byte, index) => prefix[index] !== byte)) return undefined;
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length);
  const [from, length] = prefix[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const behind = start + from + length;
  if (behind >= end) return undefined;
  const header = String.fromCharCode(...(await source.read(start + from, Math.min(length, MAX_HEADER_BYTES))));
  const numbers = NUMBERS.exec(header);
  if (numbers) {
    const rest = behind + countBytes(numbers);
    return rest < end ? { start: rest, isCertain: false } : undefined;
  }
  // As a type of its own, or as that of a field: '|O', 'O'.
  return { start: behind, isCertain: /'[<>|=]?O\d*'/.test(header) };
}

/**
 * How NumPy writes the type of numbers. Python reads any spelling of a header, `"\x4f"` for `'O'` too: whatever is not
 * plainly of numbers may be of objects.
 */
const NUMBERS =
  /^\{'descr': '[<>|=]?([a-zA-NP-Z])(\d{1,9})(?:\[\w+\])?', 'fortran_order': (?:True|False), 'shape': \(([\d, ]*)\), ?\}\s*$/;

function countBytes([, kind, size, shape]: RegExpExecArray): number {
  const axes = shape!.split(',').filter((axis) => axis.trim() !== '');
  // Text has four bytes a letter.
  return axes.reduce((bytes, axis) => bytes * Number(axis), (kind === 'U' ? 4 : 1) * Number(size));
}
