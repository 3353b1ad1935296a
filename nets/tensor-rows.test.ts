/** Rows of tensors, as floats and as halves' bits in pieces of any length. */
import { expect, test } from 'vitest';
import { joinRows, takeRows } from './tensor-rows.ts';
import type { TensorData } from './weights.ts';

function halves(shape: readonly number[], first: number, piece: number): TensorData {
  const count = shape.reduce((product, size) => product * size, 1);
  const numbers = Array.from({ length: count }, (_, i) => first + i);
  const readHalves = async function* (): AsyncGenerator<Uint16Array> {
    for (let from = 0; from < count; from += piece) yield Uint16Array.from(numbers.slice(from, from + piece));
  };
  return { shape, dtype: 'F16', read: async () => Float32Array.from(numbers), readHalves };
}

async function readBoth({ read, readHalves }: TensorData): Promise<number[]> {
  const bits: number[] = [];
  for await (const piece of readHalves!()) bits.push(...piece);
  expect(bits).toEqual([...(await read())]);
  return bits;
}

test.each([1, 3, 4, 100])('halves in pieces of %i', async (piece) => {
  const [a, b] = [halves([5, 3], 0, piece), halves([5, 3], 100, piece)];
  for (const [first, count] of [
    [0, 5],
    [1, 2],
    [4, 1],
    [2, 0],
  ] as const) {
    const taken = takeRows(a, first, count);
    expect(taken.shape).toEqual([count, 3]);
    expect(await readBoth(taken)).toEqual(Array.from({ length: 3 * count }, (_, i) => 3 * first + i));
  }
  const joined = joinRows([a, b]);
  expect(joined.shape).toEqual([10, 3]);
  expect((await readBoth(joined)).slice(14, 16)).toEqual([14, 100]);
});

test('of two types there are no halves', () => {
  const { shape, dtype, read } = halves([2, 2], 0, 4);
  const floats = { shape, dtype, read };
  expect(joinRows([halves([2, 2], 0, 4), { ...floats, dtype: 'F32' }])).toMatchObject({ dtype: 'F32' });
  expect(joinRows([halves([2, 2], 0, 4), floats]).readHalves).toBeUndefined();
});
