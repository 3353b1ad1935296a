/** `.npy` files of NumPy's own, read and written again byte for byte; and files that are not quite that. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readNpy, writeNpy, type NpyArray } from './npy.ts';

const tokens = readFileSync(new URL('../test/golden/hidden-8/1x32x32.tokens.f32.npy', import.meta.url));
const pixels = readFileSync(new URL('../test/golden/hidden-8/1x32x32.pixels.npy', import.meta.url));
const doubles = readFileSync(new URL('../test/golden/hidden-8/1x32x32.logits.f64.npy', import.meta.url));

test('NumPy files come back byte for byte', () => {
  expect(readNpy(tokens)).toMatchObject({ dtype: 'int32', shape: [1, 4, 4] });
  expect(readNpy(pixels)).toMatchObject({ dtype: 'float32', shape: [1, 3, 32, 32] });
  expect(readNpy(doubles).dtype).toBe('float64');
  for (const file of [tokens, pixels, doubles]) expect(Buffer.from(writeNpy(readNpy(file))).equals(file)).toBe(true);
});

test('what is written reads back', () => {
  const shapes = fc.array(fc.nat(4), { maxLength: 4 });
  fc.assert(
    fc.property(shapes, fc.constantFrom('int32', 'int64', 'uint16', 'uint8', 'float32', 'float64'), (shape, dtype) => {
      const length = shape.reduce((product, size) => product * size, 1);
      const kinds = {
        int32: Int32Array,
        uint16: Uint16Array,
        uint8: Uint8Array,
        float32: Float32Array,
        float64: Float64Array,
      };
      const data = dtype === 'int64' ? new BigInt64Array(length).fill(-5n) : new kinds[dtype](length).fill(7);
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

test.each([
  ['E_NPY_HEADER', new Uint8Array(0)],
  ['E_NPY_HEADER', tokens.subarray(0, 9)],
  ['E_NPY_HEADER', tokens.subarray(0, 60)],
  ['E_NPY_SIZE', tokens.subarray(0, tokens.length - 1)],
  ['E_NPY_SIZE', Buffer.concat([tokens, Buffer.of(0)])],
  ['E_NPY_HEADER', npy("{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999999999999,), }", 0)],
  ['E_NPY_HEADER', npy("{'descr': '<i4', 'fortran_order': False, 'shape': (2), }", 8)],
  ['E_NPY_HEADER', npy("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (2,), }", 8)],
  ['E_NPY_DTYPE', npy("{'descr': '>i4', 'fortran_order': False, 'shape': (2,), }", 8)],
  ['E_NPY_DTYPE', npy("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", 8)],
  ['E_NPY_DTYPE', npy("{'descr': '<i4', 'fortran_order': True, 'shape': (2, 2), }", 16)],
  ['E_NPY_SIZE', npy("{'descr': '<i4', 'fortran_order': False, 'shape': (94906265, 94906265), }", 8)],
])('%s', (code, file) => {
  expect(() => readNpy(file)).toThrow(expect.objectContaining({ code }));
});
