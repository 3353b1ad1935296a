/** The strided gather against the plainest loop there is, over random geometry; integers that float32 cannot hold. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sourceFromBytes } from '../byte-source.ts';
import { findHalves, readTensor } from './read-tensor.ts';
import { countElements, type TensorRecord } from './tensor-record.ts';

function recordOf(values: Float32Array, geometry: Pick<TensorRecord, 'shape' | 'stride' | 'offset'>): TensorRecord {
  const storage = { key: '0', offset: 0, bytes: values.byteLength };
  return { ...geometry, dtype: 'F32', storage: { storage, dtype: 'F32', start: 0, elements: values.length } };
}

function gatherPlainly(values: Float32Array, { shape, stride, offset }: TensorRecord): Float32Array {
  return Float32Array.from({ length: countElements(shape) }, (_, index) => {
    let rest = index;
    let position = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position += (rest % shape[axis]!) * stride[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    return values[position]!;
  });
}

test('any shape, strides and offset', async () => {
  const axis = fc.record({ size: fc.integer({ min: 1, max: 5 }), stride: fc.nat(70) });
  await fc.assert(
    fc.asyncProperty(fc.array(axis, { maxLength: 5 }), fc.nat(9), async (axes, offset) => {
      const shape = axes.map(({ size }) => size);
      const stride = axes.map((entry) => entry.stride);
      const last = axes.reduce((sum, entry) => sum + (entry.size - 1) * entry.stride, offset);
      const values = Float32Array.from({ length: last + 1 }, (_, index) => index);
      const tensor = recordOf(values, { shape, stride, offset });
      const source = sourceFromBytes(new Uint8Array(values.buffer), 'memory');
      expect(await readTensor(source, tensor, true)).toEqual(gatherPlainly(values, tensor));
    }),
    { numRuns: 300 },
  );
});

test('a transposed matrix larger than the window', async () => {
  const [rows, columns] = [1500, 2000];
  const values = Float32Array.from({ length: rows * columns }, (_, index) => index);
  const tensor = recordOf(values, { shape: [columns, rows], stride: [1, columns], offset: 0 });
  const result = await readTensor(sourceFromBytes(new Uint8Array(values.buffer), 'memory'), tensor, true);
  for (const [row, column] of [
    [0, 0],
    [1, 0],
    [0, 1],
    [1999, 1499],
    [1048, 700],
  ] as const) {
    expect(result[row * rows + column]).toBe(column * columns + row);
  }
});

test('the bits of halves, where they lie in order', async () => {
  const bits = Uint16Array.from({ length: 5_000_000 }, (_, i) => i & 0xffff);
  const storage = { key: '0', offset: 2, bytes: bits.byteLength };
  const part = { dtype: 'F16', storage: { storage, dtype: 'F16', start: 0, elements: bits.length } } as const;
  const source = sourceFromBytes(new Uint8Array([0, 0, ...new Uint8Array(bits.buffer)]), 'memory');
  const rows = { ...part, shape: [2000, 2001], stride: [2001, 1], offset: 7 };
  let at = 7;
  for await (const piece of findHalves(source, rows, true)!()) {
    expect(piece.every((half, i) => half === bits[at + i])).toBe(true);
    at += piece.length;
  }
  expect(at).toBe(7 + 2000 * 2001);
  expect(findHalves(source, { ...rows, stride: [1, 2000] }, true)).toBeUndefined();
  expect(findHalves(source, { ...rows, dtype: 'BF16' }, true)).toBeUndefined();
  expect(findHalves(source, rows, false)).toBeUndefined();
});

test('a large view that overlaps itself is refused', async () => {
  const values = new Float32Array(3_000_001);
  const tensor = recordOf(values, { shape: [1_000_000, 3], stride: [2, 500_000], offset: 0 });
  const reading = readTensor(sourceFromBytes(new Uint8Array(values.buffer), 'memory'), tensor, true);
  await expect(reading).rejects.toMatchObject({ code: 'E_TENSOR_GEOMETRY' });
});

test('an integer that float32 cannot hold is refused', async () => {
  const bytes = new Uint8Array(new BigInt64Array([1n, 2n ** 24n + 1n]).buffer);
  const storage = { key: '0', offset: 0, bytes: bytes.length };
  const reference = { storage, dtype: 'I64', start: 0, elements: 2 } as const;
  const tensor: TensorRecord = { dtype: 'I64', offset: 0, shape: [2], stride: [1], storage: reference };
  const reading = readTensor(sourceFromBytes(bytes, 'memory'), tensor, true);
  await expect(reading).rejects.toMatchObject({ code: 'E_TENSOR_DTYPE' });
});

test('big-endian storages', async () => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat32(0, 1.5, false);
  new DataView(bytes.buffer).setFloat32(4, -2, false);
  const tensor = recordOf(new Float32Array(2), { shape: [2], stride: [1], offset: 0 });
  expect(await readTensor(sourceFromBytes(bytes, 'memory'), tensor, false)).toEqual(Float32Array.of(1.5, -2));
});
