/**
 * NumPy's `.npy` files, versions 1 to 3: C order, little-endian, the element types that tokens and pictures need.
 *
 * The header is a Python literal; only the exact form NumPy writes is read, by a pattern, never by evaluating it.
 */
import { FormatError } from '../base/errors.ts';

/** Data as it lies in the file, row-major. */
export type NpyArray =
  | { readonly dtype: 'int32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: 'int64'; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly dtype: 'uint16'; readonly shape: readonly number[]; readonly data: Uint16Array }
  | { readonly dtype: 'uint8'; readonly shape: readonly number[]; readonly data: Uint8Array }
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'float64'; readonly shape: readonly number[]; readonly data: Float64Array };

type NpyDtype = NpyArray['dtype'];

const DESCRIPTORS: Readonly<Record<NpyDtype, string>> = {
  int32: '<i4',
  int64: '<i8',
  uint16: '<u2',
  uint8: '|u1',
  float32: '<f4',
  float64: '<f8',
};

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_RANK = 32;
/** NumPy pads so that data begins at a multiple of this. */
const ALIGNMENT = 64;

/** What a file says about its array. */
export interface NpyHeader {
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

/**
 * Reads an array.
 *
 * @param name what to call the file in messages
 * @throws FormatError `E_NPY_HEADER` for what is no such file, `E_NPY_DTYPE`, `E_NPY_SIZE` if data and shape differ
 */
export function readNpy(bytes: Uint8Array, name = 'the file'): NpyArray {
  const { descriptor, isFortran, shape, dataStart } = readNpyHeader(bytes, name);
  const dtype = (Object.keys(DESCRIPTORS) as NpyDtype[]).find((key) => DESCRIPTORS[key] === descriptor);
  if (!dtype || (isFortran && shape.length > 1)) {
    throw new FormatError(
      'E_NPY_DTYPE',
      `readNpy: ${name} holds ${descriptor.slice(0, 20)} in ${isFortran ? 'Fortran' : 'C'} ` +
        `order; C order of ${Object.values(DESCRIPTORS).join(', ')} can be read. Save it with numpy.ascontiguousarray(...).astype("int32").`,
    );
  }
  const elements = shape.reduce((product, size) => product * size, 1);
  // A copy, for alignment. Not `slice`: on a Node Buffer that gives a view.
  const data = new Uint8Array(bytes.subarray(dataStart));
  if (data.length !== elements * WIDTHS[dtype]) {
    throw new FormatError(
      'E_NPY_SIZE',
      `readNpy: ${name} should hold ${dtype} [${shape.join(', ')}], ${elements * WIDTHS[dtype]} ` +
        `bytes, and has ${data.length}. It was cut short or appended to; write it again.`,
    );
  }
  return makeArray(dtype, shape, data.buffer);
}

/** An array as a file of version 1, byte for byte as NumPy writes it. */
export function writeNpy(array: NpyArray): Uint8Array {
  const { dtype, shape, data } = array;
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const fields = `{'descr': '${DESCRIPTORS[dtype]}', 'fortran_order': False, 'shape': (${axes}), }`;
  const prefix = MAGIC.length + 4;
  const length = Math.ceil((prefix + fields.length + 1) / ALIGNMENT) * ALIGNMENT - prefix;
  const header = new TextEncoder().encode(`${fields.padEnd(length - 1)}\n`);
  const file = new Uint8Array(prefix + length + data.byteLength);
  file.set([...MAGIC, 1, 0, length & 0xff, length >>> 8]);
  file.set(header, prefix);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), prefix + length);
  return file;
}

const WIDTHS: Readonly<Record<NpyDtype, number>> = { int32: 4, int64: 8, uint16: 2, uint8: 1, float32: 4, float64: 8 };

function readHeaderText(bytes: Uint8Array, name: string): { header: string; dataStart: number } {
  const version = bytes[6];
  if (MAGIC.some((byte, index) => bytes[index] !== byte) || version === undefined || version < 1 || version > 3) {
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

function makeArray(dtype: NpyDtype, shape: readonly number[], buffer: ArrayBuffer): NpyArray {
  switch (dtype) {
    case 'int32':
      return { dtype, shape, data: new Int32Array(buffer) };
    case 'int64':
      return { dtype, shape, data: new BigInt64Array(buffer) };
    case 'uint16':
      return { dtype, shape, data: new Uint16Array(buffer) };
    case 'uint8':
      return { dtype, shape, data: new Uint8Array(buffer) };
    case 'float32':
      return { dtype, shape, data: new Float32Array(buffer) };
    case 'float64':
      return { dtype, shape, data: new Float64Array(buffer) };
  }
}

function headerError(name: string, what: string): FormatError {
  return new FormatError(
    'E_NPY_HEADER',
    `readNpy: ${name} is no .npy file that NumPy writes: ${what}. Write it again with ` + `numpy.save.`,
  );
}
