/**
 * Writes safetensors as a stream of blocks: header, then one tensor after another, in memory only a piece of one.
 *
 * Follows the reference writer: floats before halves, so that all are aligned, each sorted by name; header padded with
 * spaces to a multiple of 8. The same tensors always give the same bytes.
 */
import { FormatError } from '../../base/errors.ts';
import { floatBitsToHalf } from '../../base/half.ts';
import { countElements } from '../torch/tensor-record.ts';
import { nameInFile, tensorBlocks, type TensorData } from '../../nets/weights.ts';

/** How a tensor is stored. */
export type WeightDtype = 'f32' | 'f16';
/** How those of a net are: `mixed` where some are floats and some halves. */
export type StoredDtype = WeightDtype | 'mixed';

/** A tensor to write; read when its turn comes. */
export type WritableTensor = Pick<TensorData, 'shape' | 'read' | 'readBlocks' | 'readHalves' | 'nameInFile'> &
  Partial<Pick<TensorData, 'dtype'>>;

const STORED: Readonly<Record<WeightDtype, { readonly name: string; readonly bytes: number }>> = {
  f32: { name: 'F32', bytes: 4 },
  f16: { name: 'F16', bytes: 2 },
};

/** Hugging Face's loaders want to know which library's layout the tensors follow: PyTorch's. */
const METADATA = '"__metadata__":{"format":"pt"}';

/**
 * The bytes of a safetensors file, block by block.
 *
 * @param wanted how all are stored [each as it is]
 * @throws FormatError `E_HALF_OVERFLOW` if a finite weight exceeds what a half can hold
 */
export async function* writeSafetensors(
  tensors: ReadonlyMap<string, WritableTensor>,
  wanted: WeightDtype | undefined,
): AsyncGenerator<Uint8Array> {
  const sorted = sortForFile(tensors, wanted);
  yield formatHeader(sorted, wanted);
  for (const [name, tensor] of sorted) {
    const dtype = chooseDtype(tensor, wanted);
    if (dtype === 'f16' && tensor.readHalves) {
      for await (const halves of tensor.readHalves()) yield asBytes(halves);
      continue;
    }
    const own = nameInFile(name, tensor);
    let start = 0;
    for await (const values of tensorBlocks(tensor)) {
      yield asBytes(dtype === 'f32' ? values : encodeHalves(own, values, start));
      start += values.length;
    }
  }
}

/** How a tensor is stored: as it was asked for; else as halves where it is of halves, which keeps every bit. */
export function chooseDtype(
  { dtype }: Partial<Pick<TensorData, 'dtype'>>,
  wanted: WeightDtype | undefined,
): WeightDtype {
  return wanted ?? (dtype === 'F16' ? 'f16' : 'f32');
}

/** How all of them are stored. */
export function summariseDtypes(
  tensors: ReadonlyMap<string, WritableTensor>,
  wanted: WeightDtype | undefined,
): StoredDtype {
  const dtypes = new Set([...tensors.values()].map((tensor) => chooseDtype(tensor, wanted)));
  return dtypes.size === 2 ? 'mixed' : dtypes.has('f16') ? 'f16' : 'f32';
}

/** Bytes of the numbers alone. */
export function measureNumbers(tensors: ReadonlyMap<string, WritableTensor>, wanted: WeightDtype | undefined): number {
  return [...tensors.values()].reduce((sum, tensor) => sum + measureTensor(tensor, wanted), 0);
}

function measureTensor(tensor: WritableTensor, wanted: WeightDtype | undefined): number {
  return countElements(tensor.shape) * STORED[chooseDtype(tensor, wanted)].bytes;
}

/** How many bytes `writeSafetensors` will give. */
export function measureSafetensors(
  tensors: ReadonlyMap<string, WritableTensor>,
  wanted: WeightDtype | undefined,
): number {
  return formatHeader(sortForFile(tensors, wanted), wanted).length + measureNumbers(tensors, wanted);
}

/**
 * Weights rounded to half precision, to nearest, ties to even.
 *
 * @param name what the source calls the tensor, for messages
 * @param start where in their tensor the values begin, for messages
 * @throws FormatError `E_HALF_OVERFLOW`
 */
export function encodeHalves(name: string, values: Float32Array, start = 0): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) {
    const half = floatBitsToHalf(bits[i]!);
    if ((half & 0x7fff) === 0x7c00 && Number.isFinite(values[i])) throw overflowError(name, start + i, values[i]!);
    halves[i] = half;
  }
  return halves;
}

/** In the order of writing: floats first. */
function sortForFile(
  tensors: ReadonlyMap<string, WritableTensor>,
  wanted: WeightDtype | undefined,
): [string, WritableTensor][] {
  const isHalf = ([, tensor]: [string, WritableTensor]): number => Number(chooseDtype(tensor, wanted) === 'f16');
  return sortByName(tensors).sort((a, b) => isHalf(a) - isHalf(b));
}

export function sortByName<T>(tensors: ReadonlyMap<string, T>): [string, T][] {
  return [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
}

function formatHeader(sorted: readonly [string, WritableTensor][], wanted: WeightDtype | undefined): Uint8Array {
  const fields = [METADATA];
  let begin = 0;
  for (const [name, tensor] of sorted) {
    const end = begin + measureTensor(tensor, wanted);
    const dtype = STORED[chooseDtype(tensor, wanted)].name;
    const entry = { dtype, shape: tensor.shape, data_offsets: [begin, end] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    begin = end;
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return header;
}

/** The memory of an array; little-endian, as every machine that runs JavaScript today. */
function asBytes(values: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function overflowError(name: string, index: number, value: number): FormatError {
  return new FormatError(
    'E_HALF_OVERFLOW',
    `writeSafetensors: element ${index} of ${name} is ${value}, and half precision ends at 65504. Write these weights as ` +
      `float32 (leave out --dtype f16).`,
  );
}
