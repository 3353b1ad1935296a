/**
 * Downloads that break off, stand still or are interrupted, and are taken up again, from servers that keep the rules
 * about parts of files and from servers that do not. The file that comes out has the right bytes, or there is none.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { makeDownloads, makeFile, partialFiles } from '../../test/helpers/downloads.ts';
import { serve, serveStart, type Answer } from '../../test/helpers/file-server.ts';

const bytes = makeFile(300_000, 1);
const changed = makeFile(300_000, 2);
const etag = '"one"';
const downloads = await makeDownloads();
const { server, download, list, expectFile, expectRefused, downloadUntil } = downloads;
beforeEach(() => downloads.next());
afterAll(() => downloads.remove());

describe('a connection that breaks', () => {
  test.each([
    ['an ETag', { bytes, etag }, etag],
    ['a date', { bytes, lastModified: 'Mon, 01 Mar 2021 00:00:00 GMT' }, 'Mon, 01 Mar 2021 00:00:00 GMT'],
  ])('is resumed by %s', async (_, file, validator) => {
    await downloadUntil(file, 100_000);
    expect(list()).toEqual(partialFiles);
    server.answer = serve(file);
    const steps: number[] = [];
    expectFile(await download({ onProgress: ({ done }) => void steps.push(done) }), bytes);
    expect(steps[0]).toBe(100_000);
    expect(server.requests[1]).toMatchObject({ range: 'bytes=100000-', 'if-range': validator });
  });

  test('twice is resumed twice', async () => {
    await downloadUntil({ bytes, etag }, 100_000);
    await downloadUntil({ bytes, etag }, 150_000);
    server.answer = serve({ bytes, etag });
    expectFile(await download(), bytes);
    expect(server.requests[2]!.range).toBe('bytes=150000-');
  });

  test.each([
    ['no version', undefined],
    ['a weak one', 'W/"one"'],
  ])('with %s starts over', async (_, weak) => {
    const file = { bytes, ...(weak !== undefined && { etag: weak }) };
    await downloadUntil(file, 100_000);
    server.answer = serve(file);
    expectFile(await download(), bytes);
    expect(server.requests[1]!.range).toBeUndefined();
  });

  test('and what was damaged since, starts over', async () => {
    await downloadUntil({ bytes, etag }, 100_000);
    const body = join(downloads.place(), '.partial', 'body');
    const damaged = readFileSync(body);
    damaged[50_000]! ^= 1;
    writeFileSync(body, damaged);
    server.answer = serve({ bytes, etag });
    expectFile(await download(), bytes);
    expect(server.requests[1]!.range).toBeUndefined();
  });

  test('in a process that is killed is resumed', async () => {
    await downloadUntil({ bytes, etag }, 100_000);
    // It had no time to write a hash.
    writeFileSync(join(downloads.place(), '.partial', 'version.json'), JSON.stringify({ etag, bytes: bytes.length }));
    server.answer = serve({ bytes, etag });
    expectFile(await download(), bytes);
    expect(server.requests[1]!.range).toBe('bytes=100000-');
  });

  test('before the first 512 bytes leaves nothing', async () => {
    await expectRefused(
      (_, response) => response.writeHead(200, { etag, 'content-length': 9999 }).write('PK', () => response.destroy()),
      'E_DOWNLOAD_CUT',
    );
    server.answer = serve({ bytes, etag });
    expectFile(await download(), bytes);
  });

  test.each(['body', 'version.json'])('with a pipe or a device for its %s starts over', async (name) => {
    for (const make of [
      (path: string) => execFileSync('mkfifo', [path]),
      (path: string) => symlinkSync('/dev/zero', path),
    ]) {
      await downloadUntil({ bytes, etag }, 100_000);
      const path = join(downloads.place(), '.partial', name);
      rmSync(path);
      make(path);
      server.answer = serve({ bytes, etag });
      expectFile(await download(), bytes);
      downloads.next();
    }
  });

  test.each(['', '{', 'null', '[]', '{"etag": 7}', '{"etag": "a\\nb"}'])(
    'with a version file %j starts over',
    async (text) => {
      await downloadUntil({ bytes, etag }, 100_000);
      writeFileSync(join(downloads.place(), '.partial', 'version.json'), text);
      server.answer = serve({ bytes, etag });
      expectFile(await download(), bytes);
    },
  );
});

describe('after a break the server', () => {
  beforeEach(() => downloadUntil({ bytes, etag }, 100_000));

  test('ignores Range and sends all', async () => {
    server.answer = (_, response) => response.writeHead(200, { etag, 'content-length': bytes.length }).end(bytes);
    expectFile(await download(), bytes);
  });

  test('has another version', async () => {
    server.answer = serve({ bytes: changed, etag: '"two"' });
    expectFile(await download(), changed);
  });

  test('has a shorter version', async () => {
    const shorter = makeFile(60_000, 2);
    server.answer = serve({ bytes: shorter, etag: '"two"' });
    expectFile(await download(), shorter);
  });

  test('has another version and ignores If-Range', async () => {
    const good = serve({ bytes: changed, etag: '"two"' });
    server.answer = (request, response) => {
      if (request.headers.range) request.headers['if-range'] = '"two"';
      good(request, response);
    };
    expectFile(await download(), changed);
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', undefined]);
  });

  test('has a longer file by the same ETag', async () => {
    const longer = makeFile(400_000, 1);
    server.answer = serve({ bytes: longer, etag });
    expectFile(await download(), longer);
  });

  test('says that there is no such part', async () => {
    const good = serve({ bytes, etag });
    server.answer = (request, response) => {
      if (request.headers.range) response.writeHead(416, { 'content-range': 'bytes */300000' }).end();
      else good(request, response);
    };
    expectFile(await download(), bytes);
  });

  test.each([
    'bytes 0-299999/300000',
    'bytes 99999-299999/300000',
    'bytes 100001-299999/300000',
    'rows 1-2/3',
    undefined,
  ])('sends another part: %s', async (range) => {
    const answer: Answer = (_, response) => {
      response
        .writeHead(206, { etag, ...(range !== undefined && { 'content-range': range }) })
        .end(bytes.subarray(100_000));
    };
    await expectRefused(answer, 'E_DOWNLOAD_RANGE');
    expect(list()).toEqual([]);
  });

  test('is ill for a while', async () => {
    await expectRefused((_, response) => response.writeHead(503).end(), 'E_DOWNLOAD_STATUS');
    await expectRefused((_, response) => response.destroy(), 'E_DOWNLOAD');
    server.answer = serve({ bytes, etag });
    expectFile(await download(), bytes);
    expect(server.requests.at(-1)!.range).toBe('bytes=100000-');
  });
});

describe('silence and interruption', () => {
  test('before the answer', async () => {
    await expectRefused(() => {}, 'E_DOWNLOAD_TIMEOUT', { stallMs: 20 });
    expect(list()).toEqual([]);
  });

  test('in the middle: what came is kept', async () => {
    await expectRefused(serveStart({ bytes, etag }, 100_000), 'E_DOWNLOAD_TIMEOUT', { stallMs: 200 });
    server.answer = serve({ bytes, etag });
    expectFile(await download(), bytes);
    expect(server.requests[1]!.range).toMatch(/^bytes=\d+-$/);
  });

  test('by the caller: what came is kept', async () => {
    const controller = new AbortController();
    const onProgress = ({ done }: { done: number }): void => {
      if (done >= 100_000) controller.abort();
    };
    await expectRefused(serveStart({ bytes, etag }, 100_000), 'E_ABORTED', {
      signal: controller.signal,
      onProgress,
    });
    expect(list()).toEqual(partialFiles);
    server.answer = serve({ bytes, etag });
    expectFile(await download(), bytes);
    expect(server.requests[1]!.range).toBe('bytes=100000-');
  });

  test('before it began', async () => {
    await expectRefused(serve({ bytes }), 'E_ABORTED', { signal: AbortSignal.abort() });
    expect(server.requests).toHaveLength(0);
  });
});
