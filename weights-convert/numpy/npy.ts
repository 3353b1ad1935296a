/**
 * NumPy's `.npy` files of whole numbers and floats: either byte order and either order of the axes are read, and
 * little-endian in C order is written.
 */
import { FormatError } from '../../base/errors.ts';
import { NPY_MAGIC, readNpyHeader } from './npy-header.ts';

/** Data row-major, whatever the order in the file. */
export type NpyArray =
  | { readonly dtype: 'int8'; readonly shape: readonly number[]; readonly data: Int8Array }
  | { readonly dtype: 'int16'; readonly shape: readonly number[]; readonly data: Int16Array }
  | { readonly dtype: 'int32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: 'int64'; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly dtype: 'uint8'; readonly shape: readonly number[]; readonly data: Uint8Array }
  | { readonly dtype: 'uint16'; readonly shape: readonly number[]; readonly data: Uint16Array }
  | { readonly dtype: 'uint32'; readonly shape: readonly number[]; readonly data: Uint32Array }
  | { readonly dtype: 'uint64'; readonly shape: readonly number[]; readonly data: BigUint64Array }
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'float64'; readonly shape: readonly number[]; readonly data: Float64Array };

type NpyDtype = NpyArray['dtype'];

/** NumPy's letter and width of an element; a byte order comes before it. */
const DESCRIPTORS: Readonly<Record<NpyDtype, string>> = {
  int8: 'i1',
  int16: 'i2',
  int32: 'i4',
  int64: 'i8',
  uint8: 'u1',
  uint16: 'u2',
  uint32: 'u4',
  uint64: 'u8',
  float32: 'f4',
  float64: 'f8',
};

/** NumPy pads so that data begins at a multiple of this. */
const ALIGNMENT = 64;

/**
 * Reads an array.
 *
 * @param name what to call the file in messages
 * @throws FormatError `E_NPY_HEADER` for what is no such file, `E_NPY_DTYPE`, `E_NPY_SIZE` if data and shape differ
 */
export function readNpy(bytes: Uint8Array, name = 'the file'): NpyArray {
  const { descriptor, isFortran, shape, dataStart } = readNpyHeader(bytes, name);
  const dtype = (Object.keys(DESCRIPTORS) as NpyDtype[]).find((key) => DESCRIPTORS[key] === descriptor.slice(1));
  if (!dtype || !/^[<>]|^\|.1$/.test(descriptor)) {
    throw new FormatError(
      'E_NPY_DTYPE',
      `readNpy: ${name} holds elements of type ${JSON.stringify(descriptor.slice(0, 20))}, and whole numbers of 8 to ` +
        `64 bits and floats of 32 and 64 can be read. Save it with numpy.asarray(...).astype("int32").`,
    );
  }
  const width = Number(DESCRIPTORS[dtype].slice(1));
  const elements = shape.reduce((product, size) => product * size, 1);
  // A copy, for alignment. Not `slice`: on a Node Buffer that gives a view.
  const data = new Uint8Array(bytes.subarray(dataStart));
  if (data.length !== elements * width) {
    throw new FormatError(
      'E_NPY_SIZE',
      `readNpy: ${name} should hold ${dtype} [${shape.join(', ')}], ${elements * width} ` +
        `bytes, and has ${data.length}. It was cut short or appended to; write it again.`,
    );
  }
  if (descriptor.startsWith('>')) swapBytes(data, width);
  return makeArray(dtype, shape, isFortran ? sortRows(data, shape, width).buffer : data.buffer);
}

/** Big-endian elements to little-endian ones, in place. */
function swapBytes(data: Uint8Array, width: number): void {
  for (let at = 0; at < data.length; at += width) data.subarray(at, at + width).reverse();
}

/** Elements whose first index runs fastest, put in an order where the last does. */
function sortRows(data: Uint8Array, shape: readonly number[], width: number): Uint8Array<ArrayBuffer> {
  const sorted = new Uint8Array(data.length);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, width));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < data.length; to += width) {
    for (let i = 0; i < width; i++) sorted[to + i] = data[from + i]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      index[axis]! += 1;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return sorted;
}

/**
 * An array as a file of version 1, byte for byte as NumPy writes it.
 *
 * @throws FormatError `E_NPY_DTYPE`, `E_NPY_SIZE` if data, type and shape do not fit together
 */
export function writeNpy(array: NpyArray): Uint8Array {
  checkArray(array);
  const { dtype, shape, data } = array;
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const descriptor = DESCRIPTORS[dtype];
  const order = descriptor.endsWith('1') ? '|' : '<';
  const fields = `{'descr': '${order}${descriptor}', 'fortran_order': False, 'shape': (${axes}), }`;
  const prefix = NPY_MAGIC.length + 4;
  const length = Math.ceil((prefix + fields.length + 1) / ALIGNMENT) * ALIGNMENT - prefix;
  const header = new TextEncoder().encode(`${fields.padEnd(length - 1)}\n`);
  const file = new Uint8Array(prefix + length + data.byteLength);
  file.set([...NPY_MAGIC, 1, 0, length & 0xff, length >>> 8]);
  file.set(header, prefix);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), prefix + length);
  return file;
}

function checkArray(array: NpyArray): void {
  const { dtype, shape, data } = array ?? {};
  const isKnown = dtype !== undefined && Object.hasOwn(DESCRIPTORS, dtype);
  if (!isKnown || makeArray(dtype, [], new ArrayBuffer(0)).data.constructor !== data?.constructor) {
    throw new FormatError(
      'E_NPY_DTYPE',
      `writeNpy: wanted { dtype, shape, data } with one of ${Object.keys(DESCRIPTORS).join(', ')} and a typed ` +
        `array of its kind, but got ${String(dtype)} and ${data?.constructor.name ?? String(data)}. Convert the data first.`,
    );
  }
  const isShape = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (isShape && shape.reduce((product, size) => product * size, 1) === data.length) return;
  throw new FormatError(
    'E_NPY_SIZE',
    `writeNpy: wanted a shape of whole numbers for ${data.length} elements, but got ` +
      `${isShape ? `[${shape.join(', ')}]` : 'none'}. The shape lists the sizes of the axes.`,
  );
}

function makeArray(dtype: NpyDtype, shape: readonly number[], buffer: ArrayBuffer): NpyArray {
  switch (dtype) {
    case 'int8':
      return { dtype, shape, data: new Int8Array(buffer) };
    case 'int16':
      return { dtype, shape, data: new Int16Array(buffer) };
    case 'int32':
      return { dtype, shape, data: new Int32Array(buffer) };
    case 'int64':
      return { dtype, shape, data: new BigInt64Array(buffer) };
    case 'uint8':
      return { dtype, shape, data: new Uint8Array(buffer) };
    case 'uint16':
      return { dtype, shape, data: new Uint16Array(buffer) };
    case 'uint32':
      return { dtype, shape, data: new Uint32Array(buffer) };
    case 'uint64':
      return { dtype, shape, data: new BigUint64Array(buffer) };
    case 'float32':
      return { dtype, shape, data: new Float32Array(buffer) };
    case 'float64':
      return { dtype, shape, data: new Float64Array(buffer) };
  }
}
