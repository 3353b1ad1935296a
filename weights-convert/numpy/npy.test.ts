/** `.npy` files of NumPy's own, read and written again byte for byte; and files that are not quite that. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readNpy, writeNpy, type NpyArray } from './npy.ts';

const tokens = readFileSync(new URL('../../test/golden/hidden-8/1x32x32.tokens.f32.npy', import.meta.url));
const pixels = readFileSync(new URL('../../test/golden/hidden-8/1x32x32.pixels.npy', import.meta.url));
const doubles = readFileSync(new URL('../../test/golden/hidden-8/1x32x32.logits.f64.npy', import.meta.url));

test('NumPy files come back byte for byte', () => {
  expect(readNpy(tokens)).toMatchObject({ dtype: 'int32', shape: [1, 4, 4] });
  expect(readNpy(pixels)).toMatchObject({ dtype: 'float32', shape: [1, 3, 32, 32] });
  expect(readNpy(doubles).dtype).toBe('float64');
  for (const file of [tokens, pixels, doubles]) expect(Buffer.from(writeNpy(readNpy(file))).equals(file)).toBe(true);
});

const kinds = {
  ...{ int8: Int8Array, int16: Int16Array, int32: Int32Array, int64: BigInt64Array },
  ...{ uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, uint64: BigUint64Array },
  ...{ float32: Float32Array, float64: Float64Array },
};
const dtypes = Object.keys(kinds) as (keyof typeof kinds)[];

test('what is written reads back', () => {
  const shapes = fc.array(fc.nat(4), { maxLength: 4 });
  fc.assert(
    fc.property(shapes, fc.constantFrom(...dtypes), (shape, dtype) => {
      const length = shape.reduce((product, size) => product * size, 1);
      const numbers = Array.from({ length }, (_, i) => (i * 7) % 120);
      const isBig = dtype === 'int64' || dtype === 'uint64';
      const data = isBig ? kinds[dtype].from(numbers.map(BigInt)) : kinds[dtype].from(numbers);
      const array = { dtype, shape, data } as NpyArray;
      expect(readNpy(writeNpy(array))).toEqual(array);
    }),
    { numRuns: 200 },
  );
});

/** A file of version 1 or 2 with this header text. */
function npy(header: string, data: number, version = 1): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([0x93, ...Buffer.from('NUMPY'), version, 0, ...length, ...text, ...new Uint8Array(data)]);
}

test('versions 2 and 3, and Python 2 style spacing', () => {
  for (const version of [2, 3]) {
    const file = npy("{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }  \n", 8, version);
    expect(readNpy(file)).toMatchObject({ dtype: 'int32', shape: [2] });
  }
});

test('big-endian elements, and axes in the order of Fortran', () => {
  const bytes = (header: string, data: readonly number[]): Uint8Array => {
    return Uint8Array.from([...npy(header, 0), ...data]);
  };
  const big = bytes("{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }", [1, 2, 0xff, 0xfe]);
  expect(readNpy(big)).toEqual({ dtype: 'int16', shape: [2], data: Int16Array.of(0x102, -2) });
  const wide = bytes("{'descr': '>u8', 'fortran_order': False, 'shape': (1,), }", [0, 0, 0, 1, 0, 0, 0, 2]);
  expect(readNpy(wide)).toMatchObject({ data: BigUint64Array.of(2n ** 32n + 2n) });
  // numpy.asfortranarray(numpy.arange(12).reshape(2, 3, 2)): the first index runs fastest.
  const turned = [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11];
  const fortran = bytes("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2), }", turned);
  expect(readNpy(fortran)).toEqual({ dtype: 'uint8', shape: [2, 3, 2], data: Uint8Array.from(Array(12).keys()) });
  const both = bytes(
    "{'descr': '>u2', 'fortran_order': True, 'shape': (2, 3, 2), }",
    turned.flatMap((i) => [1, i]),
  );
  expect(readNpy(both)).toMatchObject({ data: Uint16Array.from({ length: 12 }, (_, i) => 256 + i) });
});

test.each([
  ['E_NPY_HEADER', new Uint8Array(0)],
  ['E_NPY_HEADER', tokens.subarray(0, 9)],
  ['E_NPY_HEADER', tokens.subarray(0, 60)],
  ['E_NPY_SIZE', tokens.subarray(0, tokens.length - 1)],
  ['E_NPY_SIZE', Buffer.concat([tokens, Buffer.of(0)])],
  ['E_NPY_HEADER', npy("{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999999999999,), }", 0)],
  ['E_NPY_HEADER', npy("{'descr': '<i4', 'fortran_order': False, 'shape': (2), }", 8)],
  ['E_NPY_HEADER', npy("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (2,), }", 8)],
  ['E_NPY_DTYPE', npy("{'descr': '|i4', 'fortran_order': False, 'shape': (2,), }", 8)],
  ['E_NPY_DTYPE', npy("{'descr': '<f2', 'fortran_order': False, 'shape': (2,), }", 4)],
  ['E_NPY_DTYPE', npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", 8)],
  ['E_NPY_DTYPE', npy("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }", 2)],
  ['E_NPY_DTYPE', npy("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", 8)],
  ['E_NPY_SIZE', npy("{'descr': '>i4', 'fortran_order': True, 'shape': (2, 2), }", 15)],
  ['E_NPY_SIZE', npy("{'descr': '<i4', 'fortran_order': False, 'shape': (94906265, 94906265), }", 8)],
])('%s', (code, file) => {
  expect(() => readNpy(file)).toThrow(expect.objectContaining({ code }));
});

test('what is no array at all', () => {
  const wrong = (value: unknown): never => value as never;
  for (const bytes of [null, undefined, 'a.npy', new ArrayBuffer(99)]) {
    expect(() => readNpy(wrong(bytes))).toThrow(expect.objectContaining({ code: 'E_NPY_HEADER' }));
  }
  const data = Int32Array.of(1, 2);
  for (const array of [null, { dtype: 'int7', shape: [2], data }, { dtype: 'float32', shape: [2], data }]) {
    expect(() => writeNpy(wrong(array))).toThrow(expect.objectContaining({ code: 'E_NPY_DTYPE' }));
  }
  for (const shape of [null, [3], [1.5], ['2'], []]) {
    const array = wrong({ dtype: 'int32', shape, data });
    expect(() => writeNpy(array)).toThrow(expect.objectContaining({ code: 'E_NPY_SIZE' }));
  }
});
