/**
 * Arrays of NumPy within a pickle, read from the calls that rebuild them: `_reconstruct` with a state of version,
 * shape, element type, order and bytes, or `_frombuffer` of protocol 5. The bytes lie in the pickle itself.
 *
 * Follows numpy/core/src/multiarray/methods.c (`array_setstate`) and numpy/core/numeric.py (`_frombuffer`).
 */
import { FormatError } from '../../base/errors.ts';
import { sourceFromBytes, type ByteSource } from '../byte-source.ts';
import { NPY_DTYPES } from './npy-tensor.ts';
import { globalName, isRecord, sequenceItems, type CallRecord, type PickleValue } from '../pickle/records.ts';
import { DTYPE_BYTES } from '../torch/dtypes.ts';
import type { Dtype } from '../../nets/weights.ts';
import { readTensor, readTensorBlocks } from '../torch/read-tensor.ts';
import { countElements } from '../torch/tensor-record.ts';
import type { TensorData } from '../../nets/weights.ts';

const MAX_RANK = 8;

const CORES: readonly string[] = ['numpy.core', 'numpy._core'];
const RECONSTRUCT: ReadonlySet<string> = new Set(CORES.map((core) => `${core}.multiarray._reconstruct`));
const FROM_BUFFER: ReadonlySet<string> = new Set(CORES.map((core) => `${core}.numeric._frombuffer`));

/**
 * Reads a value as an array.
 *
 * @returns undefined for anything else, and for arrays of objects
 * @throws FormatError `E_NPY_SIZE` for one whose bytes are not what its shape takes, `E_NPY_DTYPE` for elements of
 *   another type
 */
export function interpretArray(value: PickleValue): TensorData | undefined {
  const parts = findParts(value);
  if (!parts) return undefined;
  const { shape, order, data } = parts;
  const type = readType(parts.type);
  const bytes = measureBytes(data);
  if (!type || bytes === undefined) return undefined;
  const sizes = sequenceItems(shape)?.map(Number);
  const dtype = NPY_DTYPES.get(type.code);
  if (!dtype) {
    throw new FormatError(
      'E_NPY_DTYPE',
      `interpretArray: an array has elements of type ${type.code.slice(0, 20)}, and floats of 16 to 64 bits, integers up ` +
        `to int64 and booleans can be read. Save it with .astype("float32").`,
    );
  }
  const isSized = sizes && sizes.length <= MAX_RANK && sizes.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isSized || bytes !== countElements(sizes) * DTYPE_BYTES[dtype]) {
    throw new FormatError(
      'E_NPY_SIZE',
      `interpretArray: an array of ${dtype} [${(sizes ?? []).slice(0, MAX_RANK).join(', ')}] has ${bytes} bytes of data. ` +
        `The file is damaged; write it again.`,
    );
  }
  const isFortran = order === true || order === 1 || order === 'F';
  return makeTensor(data, { shape: sizes, dtype, isFortran, littleEndian: !type.isBigEndian });
}

interface Layout {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** True where the first index runs fastest. */
  readonly isFortran: boolean;
  readonly littleEndian: boolean;
}

/** The same strided reader as PyTorch's tensors have; text is turned into bytes each time, so as not to keep both. */
function makeTensor(data: PickleValue | undefined, { shape, dtype, isFortran, littleEndian }: Layout): TensorData {
  const elements = countElements(shape);
  const storage = { key: 'array', offset: 0, bytes: elements * DTYPE_BYTES[dtype] };
  const stride = shape.map((_, axis) => countElements(isFortran ? shape.slice(0, axis) : shape.slice(axis + 1)));
  const record = { storage: { storage, dtype, start: 0, elements }, dtype, offset: 0, shape, stride };
  const open = (): ByteSource => sourceFromBytes(readBytes(data)!, 'array');
  return {
    shape,
    dtype,
    read: async () => readTensor(open(), record, littleEndian),
    readBlocks: () => readTensorBlocks(open(), record, littleEndian),
  };
}

interface Parts {
  readonly shape: PickleValue | undefined;
  readonly type: PickleValue | undefined;
  readonly order: PickleValue | undefined;
  readonly data: PickleValue | undefined;
}

function findParts(value: PickleValue): Parts | undefined {
  if (!isRecord(value) || value.tag !== 'call') return undefined;
  const name = globalName(value.callee) ?? '';
  if (RECONSTRUCT.has(name)) {
    // Version 0 of the state had no version in it.
    const state = sequenceItems(value.state) ?? [];
    const [shape, type, order, data] = state.length === 4 ? state : state.slice(1);
    return { shape, type, order, data };
  }
  if (!FROM_BUFFER.has(name)) return undefined;
  const [data, type, shape, order] = sequenceItems(value.args) ?? [];
  return { shape, type, order, data };
}

/** `numpy.dtype('f4', False, True)` with a state of `(3, '<', …)`. */
function readType(value: PickleValue | undefined): { code: string; isBigEndian: boolean } | undefined {
  if (!isRecord(value) || value.tag !== 'call' || globalName(value.callee) !== 'numpy.dtype') return undefined;
  const code = readText(sequenceItems(value.args)?.[0]);
  if (code === undefined) return undefined;
  const order = readText(sequenceItems(value.state)?.[1]) ?? code[0];
  return { code: code.replace(/^[<>|=]/, ''), isBigEndian: order === '>' };
}

/** Text of Python 2 may arrive as bytes. */
function readText(value: PickleValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array && value.length < 100 ? String.fromCharCode(...value) : undefined;
}

function measureBytes(data: PickleValue | undefined): number | undefined {
  const text = latin1Text(data);
  return text?.length ?? (data instanceof Uint8Array ? data.length : unwrapBytes(data)?.length);
}

function readBytes(data: PickleValue | undefined): Uint8Array | undefined {
  const text = latin1Text(data);
  if (text === undefined) return data instanceof Uint8Array ? data : unwrapBytes(data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Protocols before 3 have no bytes: `_codecs.encode(text, 'latin1')`, or text of Python 2. */
function latin1Text(data: PickleValue | undefined): string | undefined {
  if (typeof data === 'string') return data;
  if (!isCallOf(data, '_codecs.encode')) return undefined;
  const [text, encoding] = sequenceItems(data.args) ?? [];
  return typeof text === 'string' && encoding === 'latin1' ? text : undefined;
}

/** `bytes()`, and a bytearray around bytes. */
function unwrapBytes(data: PickleValue | undefined): Uint8Array | undefined {
  if (!isCallOf(data, 'builtins.bytes') && !isCallOf(data, 'builtins.bytearray')) return undefined;
  const [inner] = sequenceItems(data.args) ?? [];
  if (inner === undefined) return new Uint8Array(0);
  return inner instanceof Uint8Array ? inner : isCallOf(inner, '_codecs.encode') ? readBytes(inner) : undefined;
}

function isCallOf(value: PickleValue | undefined, name: string): value is CallRecord {
  return isRecord(value) && value.tag === 'call' && globalName(value.callee) === name;
}
