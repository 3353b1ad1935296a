/**
 * Raw elements of any supported type as float32, written by bits: F32 and the 16-bit floats arrive exact, NaN payloads
 * included; F64 is rounded to nearest; an integer that float32 cannot hold is an error, never a rounded number.
 */
import { FormatError } from '../base/errors.ts';
import { bfloat16ToFloatBits, halfToFloatBits } from '../base/half.ts';
import { DTYPE_BYTES } from './torch/dtypes.ts';
import type { Dtype } from '../nets/weights.ts';

/**
 * Decodes `bytes` into `target` from element `start` on.
 *
 * @param bytes whole elements
 * @param littleEndian byte order of the elements
 * @throws FormatError `E_TENSOR_DTYPE` for an integer that float32 cannot hold
 */
export function decodeElements(
  bytes: Uint8Array,
  dtype: Dtype,
  littleEndian: boolean,
  target: Float32Array,
  start: number,
): void {
  if (dtype === 'F32' && littleEndian) {
    // A copy of bytes: the fast road that nearly every checkpoint takes.
    new Uint8Array(target.buffer, target.byteOffset + start * 4, bytes.length).set(bytes);
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const bits = new Uint32Array(target.buffer, target.byteOffset + start * 4, bytes.length / DTYPE_BYTES[dtype]);
  for (let i = 0; i < bits.length; i++) bits[i] = READERS[dtype](view, i, littleEndian);
}

type ReadBits = (view: DataView, index: number, littleEndian: boolean) => number;

const READERS: Readonly<Record<Dtype, ReadBits>> = {
  F32: (view, i, little) => view.getUint32(i * 4, little),
  F16: (view, i, little) => halfToFloatBits(view.getUint16(i * 2, little)),
  BF16: (view, i, little) => bfloat16ToFloatBits(view.getUint16(i * 2, little)),
  F64: (view, i, little) => bitsOf(view.getFloat64(i * 8, little)),
  I64: (view, i, little) => bitsOfInteger(view.getBigInt64(i * 8, little)),
  I32: (view, i, little) => bitsOfInteger(view.getInt32(i * 4, little)),
  I16: (view, i, little) => bitsOf(view.getInt16(i * 2, little)),
  I8: (view, i) => bitsOf(view.getInt8(i)),
  U8: (view, i) => bitsOf(view.getUint8(i)),
  BOOL: (view, i) => bitsOf(view.getUint8(i) ? 1 : 0),
};

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

function bitsOf(value: number): number {
  scratch[0] = value;
  return scratchBits[0]!;
}

function bitsOfInteger(value: number | bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number) && Math.fround(number) === number) return bitsOf(number);
  throw new FormatError(
    'E_TENSOR_DTYPE',
    `readTensor: the integer ${value} has no exact float32. This tensor holds indices or counts, not weights; dalle-gl ` +
      `computes in float32 only.`,
  );
}
