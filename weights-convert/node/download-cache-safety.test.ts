/**
 * Downloads in a place where others were first: nothing is written through a link of theirs, and none of theirs is
 * read.
 */
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { makeDownloads, makeFile } from '../../test/helpers/downloads.ts';
import { serve } from '../../test/helpers/file-server.ts';

const STRANGER = 54321;
const isRoot = process.geteuid?.() === 0;
const bytes = makeFile(100_000, 1);
const downloads = await makeDownloads();
const { server, download, expectFile } = downloads;
let cache = '';
beforeEach(() => {
  downloads.next();
  server.answer = serve({ bytes, etag: '"one"' });
  cache = join(downloads.cache, 'mine');
});
afterAll(() => downloads.remove());

test('all folders of a new cache are their owner’s alone', async () => {
  const { path } = await download({ cache });
  for (let folder = dirname(path); folder.length >= cache.length; folder = dirname(folder)) {
    expect(statSync(folder).mode & 0o777, folder).toBe(0o700);
  }
});

test('a cache that others may write to is refused, before the server is asked', async () => {
  mkdirSync(cache, { recursive: true });
  chmodSync(cache, 0o1777);
  await expect(download({ cache })).rejects.toMatchObject({ code: 'E_CACHE_UNSAFE' });
  expect(readdirSync(cache)).toEqual([]);
  expect(server.requests).toEqual([]);
});

test.runIf(isRoot)('a cache of another user, or a folder of another user in it, is refused', async () => {
  const { path } = await download({ cache });
  for (const folder of [cache, join(cache, 'downloads'), dirname(dirname(path))]) {
    chownSync(folder, STRANGER, STRANGER);
    await expect(download({ cache }), folder).rejects.toMatchObject({ code: 'E_CACHE_UNSAFE' });
    chownSync(folder, 0, 0);
  }
});

test('a link in the place of a file of the cache is not written through', async () => {
  const { path } = await download({ cache });
  const place = dirname(dirname(path));
  const victim = join(mkdtempSync(join(tmpdir(), 'dalle-gl-victim-')), 'mine');
  writeFileSync(victim, 'mine');
  for (const name of ['record.json']) {
    rmSync(join(place, name));
    symlinkSync(victim, join(place, name));
  }
  mkdirSync(join(place, '.partial'));
  for (const name of ['body', 'version.json']) symlinkSync(victim, join(place, '.partial', name));
  const outcome = await download({ cache }).catch((error: { code: string }) => error);
  expect(readFileSync(victim, 'utf8')).toBe('mine');
  if (!('code' in outcome)) expectFile(outcome, bytes);
  rmSync(dirname(victim), { recursive: true });
});
