/** Tensors that are rows of others: some of one, or several one below the other. What comes as halves stays so. */
import { sizeOf } from '../engine/index.ts';
import type { TensorData } from './weights.ts';

/** Tensors of one shape, one below the other. */
export function joinRows(parts: readonly TensorData[]): TensorData {
  const [{ shape, dtype }] = parts as [TensorData];
  const read = async (): Promise<Float32Array> => {
    const joined = new Float32Array(parts.length * sizeOf(shape));
    for (const [index, part] of parts.entries()) joined.set(await part.read(), index * sizeOf(shape));
    return joined;
  };
  const isOneType = parts.every((part) => part.dtype === dtype);
  const halves = parts.flatMap(({ readHalves }) => (readHalves ? [readHalves] : []));
  return {
    shape: [parts.length * shape[0]!, ...shape.slice(1)],
    dtype: isOneType ? dtype : 'F32',
    read,
    ...(isOneType && halves.length === parts.length && { readHalves: () => chain(halves) }),
  };
}

/** `count` rows from `first` on. */
export function takeRows({ shape, dtype, read, readHalves }: TensorData, first: number, count: number): TensorData {
  const width = shape.slice(1).reduce((product, size) => product * size, 1);
  const [from, to] = [first * width, (first + count) * width];
  return {
    shape: [count, ...shape.slice(1)],
    dtype,
    read: async () => (await read()).slice(from, to),
    ...(readHalves && { readHalves: () => takePart(readHalves(), from, to) }),
  };
}

async function* chain(all: readonly (() => AsyncIterable<Uint16Array>)[]): AsyncGenerator<Uint16Array> {
  for (const read of all) yield* read();
}

/** Of pieces that follow each other the numbers `from` … `to`. */
async function* takePart(pieces: AsyncIterable<Uint16Array>, from: number, to: number): AsyncGenerator<Uint16Array> {
  let start = 0;
  for await (const piece of pieces) {
    if (start >= to) return;
    const end = start + piece.length;
    if (end > from) yield piece.subarray(Math.max(from - start, 0), Math.min(to, end) - start);
    start = end;
  }
}
