/**
 * A tensor's elements, gathered from its storage into row-major float32: the step that turns channels-last, transposed,
 * sliced and expanded tensors into plain ones. OpenAI's weights are said to be stored non-contiguously, and reading
 * them in file order would give plausible garbage.
 *
 * Memory is the result plus one window: the storage is walked in its own order, a window at a time.
 */
import { FormatError, MemoryError } from '../../base/errors.ts';
import { readHalfBlocks, type ByteSource } from '../byte-source.ts';
import { decodeElements } from '../decode-elements.ts';
import { DTYPE_BYTES } from './dtypes.ts';
import { splitTensor } from './split-tensor.ts';
import { countElements, type TensorRecord } from './tensor-record.ts';

/** Elements decoded at a time: 8 MB of float32, at most 16 MB of raw bytes. */
const WINDOW_ELEMENTS = 2 * 1024 * 1024;

/** Elements of a piece: 1 MB of float32. */
const BLOCK_ELEMENTS = 256 * 1024;

/** One axis of the walk: its length, its step in the storage and its step in the row-major result. */
interface Axis {
  readonly size: number;
  readonly stride: number;
  readonly step: number;
}

/**
 * Reads a tensor.
 *
 * @param littleEndian byte order of the file's storages
 * @throws FormatError `E_TENSOR_GEOMETRY`, `E_TENSOR_DTYPE`; MemoryError `E_MEMORY`
 */
export async function readTensor(
  source: ByteSource,
  tensor: TensorRecord,
  littleEndian: boolean,
): Promise<Float32Array> {
  const result = allocate(countElements(tensor.shape));
  if (result.length === 0) return result;
  const load = async (first: number, count: number, target: Float32Array, start: number): Promise<void> => {
    const width = DTYPE_BYTES[tensor.dtype];
    const at = tensor.storage.storage.offset + tensor.storage.start + first * width;
    decodeElements(await source.read(at, count * width), tensor.dtype, littleEndian, target, start);
  };
  const axes = mergeAxes(sortByStride(tensor));
  if (isContiguous(tensor)) {
    for (let start = 0; start < result.length; start += WINDOW_ELEMENTS) {
      await load(tensor.offset + start, Math.min(WINDOW_ELEMENTS, result.length - start), result, start);
    }
    return result;
  }
  await gather(axes, tensor, result, load);
  return result;
}

/** As `readTensor`, in pieces of at most 1 MB where the tensor can be cut. */
export async function* readTensorBlocks(
  source: ByteSource,
  tensor: TensorRecord,
  littleEndian: boolean,
): AsyncGenerator<Float32Array> {
  for (const piece of splitTensor(tensor, BLOCK_ELEMENTS)) yield await readTensor(source, piece, littleEndian);
}

/** The bits of a tensor of halves that lie in the storage as they are wanted; undefined for any other. */
export function findHalves(
  source: ByteSource,
  tensor: TensorRecord,
  littleEndian: boolean,
): (() => AsyncGenerator<Uint16Array>) | undefined {
  if (tensor.dtype !== 'F16' || !littleEndian || !isContiguous(tensor)) return undefined;
  const at = tensor.storage.storage.offset + tensor.storage.start + 2 * tensor.offset;
  return () => readHalfBlocks(source, at, 2 * countElements(tensor.shape));
}

function isContiguous(tensor: TensorRecord): boolean {
  const [only, ...others] = mergeAxes(sortByStride(tensor));
  return others.length === 0 && only!.stride === 1 && only!.step === 1;
}

function allocate(elements: number): Float32Array {
  try {
    return new Float32Array(elements);
  } catch (cause) {
    const message =
      `readTensor: a tensor of ${elements} elements needs ${elements * 4} bytes, which cannot be had here. Close other ` +
      `programs, or read it on a machine with more memory.`;
    throw new MemoryError('E_MEMORY', message, { cause });
  }
}

/** The axes from the largest storage stride to the smallest, so that the walk meets the storage in order. */
function sortByStride({ shape, stride }: TensorRecord): Axis[] {
  const axes: Axis[] = [];
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    // An axis of length one moves nothing; its stride may be anything.
    if (shape[axis]! > 1) axes.unshift({ size: shape[axis]!, stride: stride[axis]!, step });
    step *= shape[axis]!;
  }
  return axes.sort((a, b) => b.stride - a.stride);
}

/** Joins neighbouring axes that step alike in storage and result; a contiguous tensor becomes one axis. */
function mergeAxes(axes: readonly Axis[]): Axis[] {
  const merged: Axis[] = [];
  for (const axis of axes) {
    const outer = merged.at(-1);
    const joins = outer && outer.stride === axis.size * axis.stride && outer.step === axis.size * axis.step;
    if (joins) merged[merged.length - 1] = { ...axis, size: outer.size * axis.size };
    else merged.push(axis);
  }
  return merged.length > 0 ? merged : [{ size: 1, stride: 1, step: 1 }];
}

type Load = (first: number, count: number, target: Float32Array, start: number) => Promise<void>;

/** Walks all axes but the last as an odometer; the last is the tight loop. */
async function gather(axes: readonly Axis[], tensor: TensorRecord, result: Float32Array, load: Load): Promise<void> {
  const outer = axes.slice(0, -1);
  const inner = axes.at(-1)!;
  const window = new StorageWindow(load, tensor.offset + checkSpan(axes, tensor));
  // Copying through integers keeps the bits of every NaN.
  const target = new Uint32Array(result.buffer);
  const counters = new Array<number>(outer.length).fill(0);
  let from = tensor.offset;
  let to = 0;
  for (;;) {
    for (let done = 0; done < inner.size;) {
      const position = from + done * inner.stride;
      // Awaited only where the window moves: a promise for every row would take longer than the copying.
      if (!window.holds(position)) await window.moveTo(position);
      const reachable = inner.stride === 0 ? Infinity : Math.floor((window.end - 1 - position) / inner.stride) + 1;
      const count = Math.min(inner.size - done, reachable);
      copyStrided(
        window.bits,
        position - window.start,
        inner.stride,
        target,
        to + done * inner.step,
        inner.step,
        count,
      );
      done += count;
    }
    let axis = outer.length - 1;
    for (; axis >= 0; axis--) {
      const { size, stride, step } = outer[axis]!;
      from += stride;
      to += step;
      if (++counters[axis]! < size) break;
      from -= size * stride;
      to -= size * step;
      counters[axis] = 0;
    }
    if (axis < 0) return;
  }
}

function copyStrided(
  source: Uint32Array,
  from: number,
  stride: number,
  target: Uint32Array,
  to: number,
  step: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) target[to + i * step] = source[from + i * stride]!;
}

/**
 * How many elements the tensor spans. One that overlaps itself makes the walk go back and forth, which is only bounded
 * while everything fits one window.
 */
function checkSpan(axes: readonly Axis[], { shape, stride }: TensorRecord): number {
  const moving = axes.filter((axis) => axis.stride > 0).reverse();
  let span = 1;
  let overlaps = false;
  for (const axis of moving) {
    if (axis.stride < span) overlaps = true;
    span += (axis.size - 1) * axis.stride;
  }
  if (!overlaps || span <= WINDOW_ELEMENTS) return span;
  throw new FormatError(
    'E_TENSOR_GEOMETRY',
    `readTensor: shape [${shape.join(', ')}] with strides [${stride.join(', ')}] visits ${span} elements of its storage ` +
      `over and over. Checkpoints hold no such views; save the tensor with .contiguous() first.`,
  );
}

/** The part of a storage that is decoded now, as the bits of float32 numbers. */
class StorageWindow {
  start = 0;
  end = 0;
  bits: Uint32Array = new Uint32Array(0);
  readonly #load: Load;
  readonly #limit: number;

  /** @param limit one past the last element that will be asked for */
  constructor(load: Load, limit: number) {
    this.#load = load;
    this.#limit = limit;
  }

  holds(position: number): boolean {
    return position >= this.start && position < this.end;
  }

  /** Makes `position` the first element of the window. */
  async moveTo(position: number): Promise<void> {
    const count = Math.min(WINDOW_ELEMENTS, this.#limit - position);
    if (this.bits.length < count) this.bits = new Uint32Array(count);
    await this.#load(position, count, new Float32Array(this.bits.buffer), 0);
    this.start = position;
    this.end = position + count;
  }
}
