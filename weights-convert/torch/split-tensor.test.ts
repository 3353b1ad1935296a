/** Pieces in a row are the tensor; they are small wherever rows lie apart, and cut nothing that interleaves. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sourceFromBytes } from '../byte-source.ts';
import { readTensor } from './read-tensor.ts';
import { splitTensor } from './split-tensor.ts';
import { countElements, type TensorRecord } from './tensor-record.ts';

function recordOf(elements: number, shape: readonly number[], stride: readonly number[], offset = 0): TensorRecord {
  const storage = { key: '0', offset: 0, bytes: elements * 4 };
  return { shape, stride, offset, dtype: 'F32', storage: { storage, dtype: 'F32', start: 0, elements } };
}

function sizesOf(tensor: TensorRecord, limit: number): number[] {
  return [...splitTensor(tensor, limit)].map(({ shape }) => countElements(shape));
}

test('any shape, strides, offset and limit', async () => {
  const axis = fc.record({ size: fc.nat(5), stride: fc.nat(70) });
  const axes = fc.array(axis, { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(axes, fc.nat(9), fc.integer({ min: 1, max: 40 }), async (list, offset, limit) => {
      const last = list.reduce((sum, { size, stride }) => sum + Math.max(size - 1, 0) * stride, offset);
      const values = Float32Array.from({ length: last + 1 }, (_, index) => index);
      const shape = list.map(({ size }) => size);
      const tensor = recordOf(
        last + 1,
        shape,
        list.map(({ stride }) => stride),
        offset,
      );
      const source = sourceFromBytes(new Uint8Array(values.buffer), 'memory');
      const pieces: number[] = [];
      for (const piece of splitTensor(tensor, limit)) pieces.push(...(await readTensor(source, piece, true)));
      expect(pieces).toEqual([...(await readTensor(source, tensor, true))]);
    }),
    { numRuns: 300 },
  );
});

test('channels-last kernels are cut between their outputs, and a large output between its rows', () => {
  expect(sizesOf(recordOf(4 * 36, [4, 4, 3, 3], [36, 1, 12, 4]), 72)).toEqual([72, 72]);
  expect(sizesOf(recordOf(5 * 36, [5, 4, 3, 3], [36, 9, 3, 1]), 80)).toEqual([72, 72, 36]);
  expect(sizesOf(recordOf(2 * 36, [2, 4, 3, 3], [36, 9, 3, 1]), 10)).toEqual(new Array(8).fill(9));
});

test('a transposed matrix stays whole: each piece would read all of the storage', () => {
  expect(sizesOf(recordOf(600, [20, 30], [1, 20]), 100)).toEqual([600]);
});
