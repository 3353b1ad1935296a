/** Downloads to the cache: once, confirmed with the server when wanted again, by several at the same time. */
import { spawnSync } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { makeDownloads, makeFile } from '../../test/helpers/downloads.ts';
import { serve } from '../../test/helpers/file-server.ts';
import type { DownloadedFile } from './download-file.ts';

const bytes = makeFile(300_000, 1);
const changed = makeFile(300_000, 2);
const etag = '"one"';
const downloads = await makeDownloads();
const { server, download, expectFile, downloadUntil } = downloads;
beforeEach(() => downloads.next());
afterAll(() => downloads.remove());

describe('a good server', () => {
  test('gives the file once, and says then that it is the same', async () => {
    server.answer = serve({ bytes, etag });
    const steps: number[] = [];
    expectFile(
      await download({
        onProgress: ({ url: of, done, total }) => {
          expect([of, total]).toEqual([downloads.url, bytes.length]);
          steps.push(done);
        },
      }),
      bytes,
    );
    expect(steps[0]).toBe(0);
    expect(steps.at(-1)).toBe(bytes.length);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expectFile(await download({ onProgress: () => expect.unreachable() }), bytes);
    expect(server.requests.map((headers) => headers['if-none-match'])).toEqual([undefined, etag]);
  });

  test.each([
    ['an ETag', { etag }, { etag: '"two"' }],
    ['a date', { lastModified: 'Mon, 01 Mar 2021 00:00:00 GMT' }, { lastModified: 'Tue, 02 Mar 2021 00:00:00 GMT' }],
  ])('with %s has a new version', async (_, before, after) => {
    server.answer = serve({ bytes, ...before });
    const old = await download();
    server.answer = serve({ bytes: changed, ...after });
    expectFile(await download(), changed);
    expect(existsSync(old.path)).toBe(false);
  });

  test('without versions is asked again; the length tells', async () => {
    server.answer = serve({ bytes });
    await download();
    expectFile(await download({ onProgress: () => expect.unreachable() }), bytes);
    const shorter = makeFile(250_000, 1);
    server.answer = serve({ bytes: shorter });
    expectFile(await download(), shorter);
  });

  test('that does not say how long the file is', async () => {
    server.answer = (_, response) => response.writeHead(200, { etag }).end(bytes);
    expectFile(await download({ onProgress: ({ total }) => expect(total).toBeUndefined() }), bytes);
  });

  test('redirects', async () => {
    server.answer = ({ url: path }, response) =>
      path === '/there'
        ? serve({ bytes, etag })({ headers: {} } as never, response)
        : response.writeHead(302, { location: '/there' }).end();
    expectFile(await download(), bytes);
  });

  test('is gone when the file is here', async () => {
    server.answer = serve({ bytes, etag });
    await download();
    server.answer = (_, response) => response.writeHead(503).end();
    expectFile(await download(), bytes);
    server.answer = (_, response) => response.destroy();
    expectFile(await download(), bytes);
  });
});

/** In the place of a file: whoever opened it as one would wait for a writer. */
function makePipe(path: string): void {
  rmSync(path);
  execFileSync('mkfifo', [path]);
}

describe('a damaged cache', () => {
  test.each<[string, (file: DownloadedFile, record: string) => void]>([
    ['a file that was cut', ({ path }) => writeFileSync(path, bytes.subarray(0, 1000))],
    ['no file', ({ path }) => rmSync(path)],
    ['half a record', (_, record) => writeFileSync(record, '{"name":')],
    ['a record of nothing', (_, record) => writeFileSync(record, 'null')],
    ['a record of a million brackets', (_, record) => writeFileSync(record, '['.repeat(1e6))],
    ['a pipe for a record', (_, record) => makePipe(record)],
    ['a device for a record', (_, record) => (rmSync(record), symlinkSync('/dev/zero', record))],
    ['a pipe for the file', ({ path }) => makePipe(path)],
    ['a device for the file', ({ path }) => (rmSync(path), symlinkSync('/dev/zero', path))],
    [
      'a record that leads elsewhere',
      (_, record) => writeFileSync(record, readFileSync(record, 'utf8').replace('encoder.pkl', '../../x')),
    ],
  ])('%s: it is downloaded again', async (_, damage) => {
    server.answer = serve({ bytes, etag });
    const file = await download();
    damage(file, join(dirname(dirname(file.path)), 'record.json'));
    expectFile(await download(), bytes);
    expect(server.requests[1]!['if-none-match']).toBeUndefined();
  });
});

describe('at the same time', () => {
  test('many downloads of one address, with a partial file there', async () => {
    await downloadUntil({ bytes, etag }, 100_000);
    server.answer = serve({ bytes, etag });
    const files = await Promise.all(Array.from({ length: 8 }, () => download()));
    for (const file of files) expectFile(file, bytes);
    expect(server.requests.filter(({ range }) => range !== undefined)).toHaveLength(1);
  });

  test('some of which fail', async () => {
    const good = serve({ bytes, etag });
    let asked = 0;
    server.answer = (request, response) => {
      if (++asked % 2 === 0) good(request, response);
      else response.writeHead(200, { etag, 'content-length': 600_000 }).write(bytes, () => response.destroy());
    };
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => download()));
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['fulfilled', 'rejected']));
    server.answer = good;
    await download();
    expectFile(await download(), bytes);
  });

  test('the partial file of a process that was killed is taken over, that of a living one is not', async () => {
    await downloadUntil({ bytes, etag }, 100_000);
    const folder = downloads.place();
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const living = join(folder, `.partial-${hostname()}-${process.pid}-00000000`);
    cpSync(join(folder, '.partial'), living, { recursive: true });
    renameSync(join(folder, '.partial'), join(folder, `.partial-${hostname()}-${dead}-00000000`));
    server.answer = serve({ bytes, etag });
    await download();
    expect(server.requests[1]!.range).toBe('bytes=100000-');
    expect(readdirSync(folder).filter((entry) => entry.startsWith('.'))).toEqual([living.slice(folder.length + 1)]);
  });
});
