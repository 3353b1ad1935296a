/**
 * Arrays of NumPy as tensors: a `.npy` file, or an `.npz` archive of them (`numpy.savez`) as a state dict by name. Any
 * byte order and both orders of the axes, through the same strided reader as PyTorch's tensors; nothing is read but
 * headers until a tensor is asked for.
 */
import { FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { NPY_HEADER_LIMIT, readNpyHeader } from './npy-header.ts';
import { DTYPE_BYTES } from '../torch/dtypes.ts';
import type { Dtype } from '../../nets/weights.ts';
import { readTensor, readTensorBlocks } from '../torch/read-tensor.ts';
import { countElements, type TensorRecord } from '../torch/tensor-record.ts';
import type { TensorData } from '../../nets/weights.ts';
import { openZip, verifyZipEntry, type ZipEntry } from '../zip/zip-archive.ts';
import { quote } from '../zip/zip-end.ts';

/** An array that has not been read yet, and where it lies. */
interface NpyTensor extends TensorData {
  readonly record: TensorRecord;
}

/** NumPy's letter and width of an element, without the byte order: what can be read of arrays in files and pickles. */
export const NPY_DTYPES: ReadonlyMap<string, Dtype> = new Map<string, Dtype>([
  ['f8', 'F64'],
  ['f4', 'F32'],
  ['f2', 'F16'],
  ['i8', 'I64'],
  ['i4', 'I32'],
  ['i2', 'I16'],
  ['i1', 'I8'],
  ['u1', 'U8'],
  ['b1', 'BOOL'],
]);

/**
 * The array that a `.npy` file is.
 *
 * @throws FormatError `E_NPY_HEADER`, `E_NPY_DTYPE`, `E_NPY_SIZE`
 */
export function openNpy(source: ByteSource): Promise<NpyTensor> {
  return openArray(source, source.name, { offset: 0, size: source.size }, async () => {});
}

/**
 * The arrays of an `.npz` archive by name, without `.npy`; each is a function, so that one that cannot be opened does
 * not hide the others.
 *
 * @throws FormatError `E_ZIP_*`
 */
export async function listNpz(source: ByteSource): Promise<Map<string, () => Promise<NpyTensor>>> {
  const arrays = new Map<string, () => Promise<NpyTensor>>();
  for (const entry of (await openZip(source)).values()) {
    arrays.set(entry.name.slice(0, -'.npy'.length), () => openEntry(source, entry));
  }
  return arrays;
}

/** All arrays of an `.npz` archive; throws as `listNpz` and `openNpy`. */
export async function openNpz(source: ByteSource): Promise<Map<string, NpyTensor>> {
  const arrays = new Map<string, NpyTensor>();
  for (const [name, open] of await listNpz(source)) arrays.set(name, await open());
  return arrays;
}

function openEntry(source: ByteSource, entry: ZipEntry): Promise<NpyTensor> {
  return openArray(source, `${quote(entry.name)} in ${source.name}`, entry, () => verifyZipEntry(source, entry));
}

/** @param verify throws if the bytes do not match their checksum; called once, before they are used */
async function openArray(
  source: ByteSource,
  name: string,
  { offset, size }: { readonly offset: number; readonly size: number },
  verify: () => Promise<void>,
): Promise<NpyTensor> {
  const head = await source.read(offset, Math.min(size, NPY_HEADER_LIMIT));
  const { descriptor, isFortran, shape, dataStart } = readNpyHeader(head, name);
  const dtype = NPY_DTYPES.get(descriptor.slice(1));
  if (!dtype || !/^[<>|]/.test(descriptor)) throw dtypeError(name, descriptor);
  const elements = countElements(shape);
  const bytes = size - dataStart;
  if (bytes !== elements * DTYPE_BYTES[dtype]) throw sizeError(name, dtype, shape, bytes);
  const storage = { key: name, offset: offset + dataStart, bytes };
  const stride = shape.map((_, axis) => countElements(isFortran ? shape.slice(0, axis) : shape.slice(axis + 1)));
  const record = { storage: { storage, dtype, start: 0, elements }, dtype, offset: 0, shape, stride };
  const littleEndian = !descriptor.startsWith('>');
  let verified: Promise<void> | undefined;
  return {
    shape,
    dtype,
    record,
    async read() {
      await (verified ??= verify());
      return readTensor(source, record, littleEndian);
    },
    async *readBlocks() {
      await (verified ??= verify());
      yield* readTensorBlocks(source, record, littleEndian);
    },
  };
}

function dtypeError(name: string, descriptor: string): FormatError {
  return new FormatError(
    'E_NPY_DTYPE',
    `openNpy: ${name} holds elements of type ${JSON.stringify(descriptor.slice(0, 20))}, and floats of 16 to 64 bits, ` +
      `integers up to int64 and booleans can be read. Save it with .astype("float32").`,
  );
}

function sizeError(name: string, dtype: Dtype, shape: readonly number[], bytes: number): FormatError {
  return new FormatError(
    'E_NPY_SIZE',
    `openNpy: ${name} should hold ${dtype} [${shape.join(', ')}], and has ${bytes} bytes of data. It was cut short or ` +
      `appended to; write it again.`,
  );
}
