/** Packed checkpoints: what is unpacked is read and removed, and what is damaged, hostile or no archive is told. */
import { readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeTar } from '../../test/helpers/tar.ts';
import { makeWorkplace, type Workplace } from '../../test/helpers/workplace.ts';
import { sourceFromBytes } from '../byte-source.ts';
import { openArchive, type OpenArchiveOptions } from './open-archive.ts';

let place: Workplace;
beforeEach(() => void (place = makeWorkplace()));
afterEach(() => place.remove());

const noise = Uint8Array.from({ length: 100_000 }, (_, at) => (at * at * 31) >> 3);
const tar = makeTar([
  { name: 'm/', type: '5' },
  { name: 'm/weights.pt', data: noise },
]);

const openBytes = (bytes: Uint8Array, options: OpenArchiveOptions = {}): ReturnType<typeof openArchive> =>
  openArchive(sourceFromBytes(bytes, 'a.tar.gz'), { cache: place.path('cache'), ...options });

function listUnpacked(): string[] {
  return readdirSync(place.path('cache/unpacked'));
}

test('an archive that is not packed is read where it lies', async () => {
  const opened = await openBytes(tar);
  expect(opened!.members.map(({ name }) => name)).toEqual(['a.tar.gz: m/weights.pt']);
  expect(await opened!.members[0]!.read(10, 99_990)).toEqual(noise.subarray(10));
  expect(() => listUnpacked()).toThrow('ENOENT');
});

test('what gzip packed lies in the cache until it is closed, under a name of ours', async () => {
  const seen: number[] = [];
  const packed = new Uint8Array(gzipSync(tar));
  const opened = await openBytes(packed, { onProgress: ({ done, stage }) => stage === 'unpack' && seen.push(done) });
  expect(listUnpacked()).toEqual([expect.stringMatching(/^\.dalle-gl-[^/]*\.tmp$/)]);
  expect(await opened!.members[0]!.read(0, 100_000)).toEqual(noise);
  expect(seen.at(-1)).toBe(packed.length);
  await opened!.close();
  expect(listUnpacked()).toEqual([]);
});

test('one packed file is that file', async () => {
  const opened = await openBytes(gzipSync(noise));
  expect(opened!.members.map(({ name, size }) => [name, size])).toEqual([['a.tar.gz', 100_000]]);
  expect(await opened!.members[0]!.read(0, 100_000)).toEqual(noise);
  await opened!.close();
});

test('any other file is none', async () => {
  expect(await openBytes(noise)).toBeUndefined();
  expect(await openBytes(new Uint8Array(0))).toBeUndefined();
});

test.each<[string, () => Uint8Array, RegExp]>([
  ['cut', () => gzipSync(tar).subarray(0, 900), /a\.tar\.gz cannot be unpacked: gzip's data are damaged or cut/],
  [
    'changed in one byte',
    () => {
      const bytes = gzipSync(tar);
      bytes[bytes.length - 6]! ^= 1;
      return bytes;
    },
    /damaged or cut \(incorrect data check\)/,
  ],
  ['a bomb', () => gzipSync(Buffer.alloc(40_000_000)), /unpacks to more than 16777216 bytes, which no weights do/],
  ['an archive that was cut before it was packed', () => gzipSync(tar.subarray(0, 2048)), /it was cut/],
])('%s: refused, and nothing is left', async (_, make, message) => {
  await expect(openBytes(make())).rejects.toMatchObject({
    code: 'E_ARCHIVE',
    message: expect.stringMatching(message),
  });
  expect(listUnpacked()).toEqual([]);
});

test('stopped while it unpacks, and nothing is left', async () => {
  const controller = new AbortController();
  const onProgress = (): void => controller.abort();
  const failure = openBytes(gzipSync(Buffer.concat(Array<Uint8Array>(40).fill(noise)), { level: 0 }), {
    onProgress,
    signal: controller.signal,
  });
  await expect(failure).rejects.toMatchObject({ code: 'E_ABORTED' });
  expect(listUnpacked()).toEqual([]);
});
