/** A copy in the cache is used only while its content is what was downloaded, whatever its length and date say. */
import { statSync, truncateSync, utimesSync, writeFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { makeDownloads, makeFile, partialFiles } from '../../test/helpers/downloads.ts';
import { serve } from '../../test/helpers/file-server.ts';
import { openSource } from './open-source.ts';

const bytes = makeFile(300_000, 1);
const etag = '"one"';
const downloads = await makeDownloads();
const { server, download, list, expectFile, expectRefused } = downloads;
beforeEach(() => downloads.next());
afterAll(() => downloads.remove());

const damages: readonly (readonly [string, (path: string) => void])[] = [
  [
    'one other bit, and the old date',
    (path) => {
      const { atime, mtime } = statSync(path);
      const damaged = readFileSync(path);
      damaged[200_000]! ^= 1;
      writeFileSync(path, damaged);
      utimesSync(path, atime, mtime);
    },
  ],
  ['the content of another version', (path) => writeFileSync(path, makeFile(300_000, 2))],
  ['a lost end', (path) => truncateSync(path, 299_999)],
];

describe.each(damages)('a copy with %s', (_, damage) => {
  beforeEach(async () => {
    server.answer = serve({ bytes, etag });
    damage((await download()).path);
  });

  test('is downloaded again', async () => {
    expectFile(await download(), bytes);
    expect(server.requests.map((headers) => headers['if-none-match'])).toEqual([undefined, undefined]);
    expectFile(await download(), bytes);
    expect(server.requests.at(-1)!['if-none-match']).toBe(etag);
  });

  test('is not used where the server cannot be reached', async () => {
    await expectRefused((_, response) => response.destroy(), 'E_DOWNLOAD');
    server.answer = serve({ bytes, etag });
    expectFile(await download(), bytes);
  });
});

test('of a damaged copy it is said that there is one', async () => {
  server.answer = serve({ bytes, etag });
  writeFileSync((await download()).path, makeFile(300_000, 2));
  server.answer = (_, response) => response.writeHead(503).end();
  await expect(download()).rejects.toMatchObject({
    code: 'E_DOWNLOAD_STATUS',
    message: expect.stringMatching(/answered 503.+A copy in the cache was damaged after it was downloaded/),
  });
});

test('a good copy is used where the server cannot be reached', async () => {
  server.answer = serve({ bytes, etag });
  await download();
  server.answer = (_, response) => response.destroy();
  expectFile(await download(), bytes);
});

test('what was compared is what is read', async () => {
  server.answer = serve({ bytes, etag });
  const { path } = await download();
  const source = await openSource(downloads.url, { cache: downloads.cache });
  rmSync(path);
  writeFileSync(path, makeFile(300_000, 2));
  expect(Buffer.from(await source.read(0, bytes.length)).equals(bytes)).toBe(true);
  await source.close();
});

test.each([['{"sha256": "' + 'a'.repeat(64) + '"}'], ['null'], [' '.repeat(70_000)]])(
  'the record %.20s is none',
  async (record) => {
    server.answer = serve({ bytes, etag });
    await download();
    writeFileSync(join(downloads.place(), 'record.json'), record);
    expectFile(await download(), bytes);
    expect(server.requests.at(-1)!['if-none-match']).toBeUndefined();
  },
);

describe('packed on the way', () => {
  const packed = gzipSync(bytes);
  const headers = { 'content-encoding': 'gzip', 'content-length': packed.length, etag };

  test('the file is unpacked, and its length is not taken for a lie', async () => {
    server.answer = (_, response) => response.writeHead(200, headers).end(packed);
    const totals = new Set<unknown>();
    expectFile(await download({ onProgress: ({ total }) => void totals.add(total) }), bytes);
    expect([...totals]).toEqual([undefined]);
    expect(server.requests[0]!['accept-encoding']).toBe('identity');
  });

  test('what came of it is not resumed', async () => {
    await expectRefused(
      (_, response) =>
        response.writeHead(200, headers).write(packed.subarray(0, packed.length / 2), () => response.destroy()),
      'E_DOWNLOAD_CUT',
    );
    expect([[], partialFiles]).toContainEqual(list());
    server.answer = (_, response) => response.writeHead(200, headers).end(packed);
    expectFile(await download(), bytes);
    expect(server.requests.at(-1)!.range).toBeUndefined();
  });

  test('parts of the packed file are not put behind what came of the plain one', async () => {
    await downloads.downloadUntil({ bytes, etag }, 100_000);
    server.answer = (request, response) => {
      const range = request.headers.range === undefined ? {} : { 'content-range': 'bytes 100000-299999/300000' };
      const part = request.headers.range === undefined ? bytes : bytes.subarray(100_000);
      response.writeHead(request.headers.range === undefined ? 200 : 206, {
        ...range,
        'content-encoding': 'gzip',
        etag,
      });
      response.end(gzipSync(part));
    };
    expectFile(await download(), bytes);
    expect(server.requests.slice(1).map(({ range }) => range)).toEqual(['bytes=100000-', undefined]);
  });

  test('identity is no packing: it is resumed', async () => {
    const file = { bytes, etag };
    const plain = { 'content-encoding': 'identity' };
    await expectRefused((_, response) => {
      response.writeHead(200, { ...plain, 'content-length': bytes.length, etag });
      response.write(bytes.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
    }, 'E_DOWNLOAD_CUT');
    server.answer = serve(file);
    expectFile(await download(), bytes);
    expect(server.requests[1]!.range).toBe('bytes=100000-');
  });
});
