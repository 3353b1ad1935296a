import fc from 'fast-check';
import { PassThrough, Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { TokenGrid } from '../nets/picture-coder.ts';
import { captureStream } from '../test/helpers/captured-terminal.ts';
import { writeNpy, type NpyArray } from '../weights-convert/numpy/npy.ts';
import type { Terminal } from './terminal.ts';
import { countTokens, formatTokens, readTokens } from './tokens-file.ts';

function read(bytes: Uint8Array | string): Promise<TokenGrid> {
  const { stream } = captureStream();
  const stdin = Readable.from([Buffer.from(bytes)]) as PassThrough;
  const terminal: Terminal = { stdin, stdout: stream, stderr: stream, env: {}, signal: new AbortController().signal };
  return readTokens('-', terminal);
}

const side = fc.integer({ min: 1, max: 5 });
const grids = fc.tuple(fc.integer({ min: 1, max: 3 }), side, side).chain((shape) => {
  const length = shape[0] * shape[1] * shape[2];
  const token = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  return fc
    .array(token, { minLength: length, maxLength: length })
    .map((values): TokenGrid => ({ data: Int32Array.from(values), shape }));
});

test.each(['.npy', '.json'])('%s gives back what was written', async (extension) => {
  await fc.assert(
    fc.asyncProperty(grids, async (grid) => {
      expect(await read(formatTokens(grid, extension))).toEqual(grid);
    }),
    { numRuns: 50 },
  );
});

test.each<NpyArray>([
  { dtype: 'int32', shape: [1, 2], data: Int32Array.of(7, 8191) },
  { dtype: 'int64', shape: [1, 2], data: BigInt64Array.of(7n, 8191n) },
  { dtype: 'uint16', shape: [1, 1, 2], data: Uint16Array.of(7, 8191) },
  { dtype: 'int16', shape: [1, 2], data: Int16Array.of(7, 8191) },
  { dtype: 'uint32', shape: [1, 2], data: Uint32Array.of(7, 8191) },
  { dtype: 'uint64', shape: [1, 2], data: BigUint64Array.of(7n, 8191n) },
])('.npy of $dtype is read', async (array) => {
  expect(await read(writeNpy(array))).toEqual({ data: Int32Array.of(7, 8191), shape: [1, 1, 2] });
});

test('.npy of bytes, signed or not', async () => {
  const tokens = { data: Int32Array.of(7, 126), shape: [1, 1, 2] };
  expect(await read(writeNpy({ dtype: 'int8', shape: [1, 2], data: Int8Array.of(7, 126) }))).toEqual(tokens);
  expect(await read(writeNpy({ dtype: 'uint8', shape: [1, 2], data: Uint8Array.of(7, 126) }))).toEqual(tokens);
});

test.each<[string, Uint8Array | string]>([
  ['is 18446744073709551615', writeNpy({ dtype: 'uint64', shape: [1, 1], data: BigUint64Array.of(2n ** 64n - 1n) })],
  ['is 4294967295', writeNpy({ dtype: 'uint32', shape: [1, 1], data: Uint32Array.of(2 ** 32 - 1) })],
  ['holds float64', writeNpy({ dtype: 'float64', shape: [1, 1], data: Float64Array.of(1) })],
  ['holds float32', writeNpy({ dtype: 'float32', shape: [1, 1], data: Float32Array.of(1) })],
  // One that a 32-bit integer would silently take for 5.
  ['is 4294967301', writeNpy({ dtype: 'int64', shape: [1, 1], data: BigInt64Array.of(2n ** 32n + 5n) })],
  ['shape is [1]', writeNpy({ dtype: 'int32', shape: [1], data: Int32Array.of(1) })],
  ['shape is [0, 4]', writeNpy({ dtype: 'int32', shape: [0, 4], data: new Int32Array(0) })],
  ['is 1.5', '[[1.5]]'],
  ['is 1e+30', '[[1e30]]'],
  ['holds null', '[[null]]'],
  ['holds "3"', '[["3"]]'],
  ['all of one length', '[[1, 2], [3]]'],
  ['all of one length', '[[1], 2]'],
  ['shape is []', '3'],
  ['shape is [0]', '[]'],
  ['neither an .npy file nor JSON', 'hello'],
  ['neither an .npy file nor JSON', ''],
  ['holds [[[[[[', '['.repeat(30) + ']'.repeat(30)],
])('%s', async (message, bytes) => {
  await expect(read(bytes)).rejects.toMatchObject({ code: 'E_TOKENS', message: expect.stringContaining(message) });
});

test('a single grid counts as [h, w]', () => {
  const data = Int32Array.of(4, 4, 9, 4);
  expect(countTokens({ data, shape: [1, 2, 2] })).toEqual({ shape: [2, 2], count: 4, distinct: 2 });
});
