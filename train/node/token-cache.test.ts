/** Tokens are made once: of what, the file's name says, and a damaged file is none. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeSquares, writeFiles } from '../../test/helpers/data-sets.ts';
import { readNpy } from '../../weights-convert/numpy/npy.ts';
import type { DataSet } from '../data/data-set.ts';
import { openDataSet } from './data/open-data-set.ts';
import { openTokenCache, type TokenCache, type TokenCacheOptions } from './token-cache.ts';

let folder: string;
let data: DataSet;
let encoded: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'token-cache-'));
  const pictures = writeFiles(join(folder, 'data'), {
    ...makeSquares(7, 16),
    'squares/broken.png': 'no picture',
    'squares/broken.txt': 'nothing',
  });
  data = await openDataSet(pictures);
  encoded = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A token is how red its quarter of a picture is. */
async function encode(pixels: Float32Array): Promise<number[]> {
  encoded++;
  return Array.from({ length: pixels.length / 192 }, (_, cell) => {
    const [picture, at] = [Math.floor(cell / 4), cell % 4];
    return Math.round(255 * pixels[picture * 768 + (at >> 1) * 128 + (at % 2) * 8]!);
  });
}

const open = (changes: Partial<TokenCacheOptions> = {}): Promise<TokenCache> =>
  openTokenCache({ folder, data, size: 16, model: 'abc', grid: [2, 2], vocabulary: 256, batch: 3, encode, ...changes });
const files = (): string[] => readdirSync(folder).filter((name) => name.startsWith('tokens-'));

test('tokens are made once, and those of a picture that cannot be read are missing', async () => {
  const progress: [number, number][] = [];
  const made = await open({ onProgress: (done, total) => progress.push([done, total]) });
  expect([made.found, encoded]).toEqual([false, 3]);
  expect(progress).toEqual([
    [3, 8],
    [6, 8],
    [8, 8],
  ]);
  expect(made.findings.map(({ kind }) => kind)).toEqual(['not-a-picture']);
  const broken = data.samples.findIndex(({ id }) => id.includes('broken'));
  expect([...made.samples]).toEqual([...data.samples.keys()].filter((index) => index !== broken));
  expect(() => made.tokensOf([broken])).toThrow(/samples that have tokens/);
  expect(() => made.tokensOf([8])).toThrow(/samples that have tokens/);
  const again = await open();
  expect([again.found, encoded, again.path]).toEqual([true, 3, made.path]);
  expect(again.tokensOf(again.samples)).toEqual(made.tokensOf(made.samples));
  // The first square is red and in the first corner, on white.
  expect([...made.tokensOf([made.samples.at(0)! === broken ? 1 : made.samples[0]!])]).toEqual([220, 255, 255, 255]);
  expect(readNpy(readFileSync(made.path)).shape).toEqual([8, 2, 2]);
});

test('another net, size or data set has a file of its own', async () => {
  const first = await open();
  const others = [await open({ model: 'abd' }), await open({ vocabulary: 300 })];
  writeFiles(join(folder, 'data'), { 'squares/more.txt': 'x' });
  expect(new Set([first, ...others].map(({ path }) => path)).size).toBe(3);
  expect(files()).toHaveLength(3);
});

test('a damaged file is made again; a run that is stopped leaves none', async () => {
  const { path } = await open();
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(path, bytes);
  expect((await open()).found).toBe(false);
  expect(files()).toHaveLength(1);
  writeFileSync(path, bytes.subarray(0, 100));
  expect((await open()).found).toBe(false);
  rmSync(path);
  const stop = new AbortController();
  const stopping = open({ signal: stop.signal, onProgress: () => stop.abort() });
  await expect(stopping).rejects.toMatchObject({ code: 'E_ABORTED' });
  await expect(open({ encode: () => Promise.reject(new Error('lost')) })).rejects.toThrow('lost');
  expect(files()).toEqual([]);
});

test('what makes no sense is refused', async () => {
  await expect(open({ vocabulary: 70_000 })).rejects.toThrow(/vocabulary/);
  await expect(open({ vocabulary: 200 })).rejects.toThrow(/tokens below 200/);
  await expect(open({ batch: 0 })).rejects.toThrow(/batch/);
  await expect(open({ folder: join(folder, 'none') })).rejects.toMatchObject({ code: 'E_FILE_MISSING' });
  const none = {
    ...data,
    samples: data.samples.filter(({ id }) => id.includes('broken')).map((s) => ({ ...s, index: 0 })),
  };
  await expect(open({ data: none })).rejects.toMatchObject({ code: 'E_DATA_BROKEN' });
});
