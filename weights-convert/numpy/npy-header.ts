/**
 * What a `.npy` file says of its array before the elements, in versions 1 to 3. The header is a Python literal; only
 * the exact form NumPy writes is read, by a pattern, never by evaluating it.
 */
import { FormatError } from '../../base/errors.ts';

/** What every file begins with. */
export const NPY_MAGIC: readonly number[] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_RANK = 32;

/** What a file says about its array. */
interface NpyHeader {
  /** NumPy's name of the element type, with its byte order: `<f4`. */
  readonly descriptor: string;
  /** True where the first index runs fastest. */
  readonly isFortran: boolean;
  readonly shape: readonly number[];
  /** Where the elements begin, in bytes of the file. */
  readonly dataStart: number;
}

/** No header ends behind this byte. */
export const NPY_HEADER_LIMIT: number = MAX_HEADER_BYTES + 12;

/**
 * Reads what comes before the elements.
 *
 * @param bytes the file, or its first `NPY_HEADER_LIMIT` bytes
 * @throws FormatError `E_NPY_HEADER`
 */
export function readNpyHeader(bytes: Uint8Array, name: string): NpyHeader {
  const { header, dataStart } = readHeaderText(bytes, name);
  const fields = /^\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\), ?\}[ \n]*$/.exec(
    header,
  );
  if (!fields) throw headerError(name, `its header is ${JSON.stringify(header.slice(0, 80))}`);
  const [, descriptor, order, axes] = fields as unknown as [string, string, string, string];
  return { descriptor, isFortran: order === 'True', shape: parseShape(name, axes), dataStart };
}

function readHeaderText(bytes: Uint8Array, name: string): { header: string; dataStart: number } {
  if (!(bytes instanceof Uint8Array)) throw headerError(name, 'what was given is no Uint8Array');
  const version = bytes[6];
  if (NPY_MAGIC.some((byte, index) => bytes[index] !== byte) || version === undefined || version < 1 || version > 3) {
    throw headerError(name, 'it does not begin as one of version 1 to 3');
  }
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) throw headerError(name, 'it ends within its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER_BYTES || start + length > bytes.length)
    throw headerError(name, `it announces ${length} bytes of header`);
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, start + length));
  return { header, dataStart: start + length };
}

function parseShape(name: string, axes: string): number[] {
  const isTuple = axes === '' || /^\d+,$/.test(axes) || /^\d+(, \d+)+$/.test(axes);
  const shape = isTuple
    ? axes
        .split(',')
        .filter((axis) => axis !== '')
        .map(Number)
    : [];
  const elements = shape.reduce((product, size) => product * size, 1);
  if (!isTuple || shape.length > MAX_RANK || !shape.every(Number.isSafeInteger) || !Number.isSafeInteger(elements)) {
    throw headerError(name, `its shape is (${axes.slice(0, 80)})`);
  }
  return shape;
}

function headerError(name: string, what: string): FormatError {
  return new FormatError(
    'E_NPY_HEADER',
    `readNpy: ${name} is no .npy file that NumPy writes: ${what}. Write it again with ` + `numpy.save.`,
  );
}
