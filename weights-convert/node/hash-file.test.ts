/** The hash of a file: right, remembered for this very file and no other, and of the bytes that are read afterwards. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { copyFileSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeFile } from '../../test/helpers/downloads.ts';
import { openFileSource } from './file-source.ts';

const scratch = mkdtempSync(join(tmpdir(), 'dalle-gl-hash-'));
const bytes = makeFile(5_000_001, 1);
const settled = join(scratch, 'settled.safetensors');
writeFileSync(settled, bytes);
await wait(2100);

let run = 0;
let cache = '';
beforeEach(() => {
  cache = join(scratch, `cache-${run++}`);
  vi.stubEnv('DALLE_GL_CACHE', cache);
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(scratch, { recursive: true }));

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
const lie = 'f'.repeat(64);

async function hash(path: string): Promise<string> {
  const source = await openFileSource(path);
  return source.sha256().finally(() => source.close());
}

const records = (): string[] => (existsSync(join(cache, 'verified')) ? readdirSync(join(cache, 'verified')) : []);

/** Whoever believes the record says `lie` from now on. */
function makeRecordLie(): void {
  const [name] = records();
  const path = join(cache, 'verified', name!);
  writeFileSync(path, readFileSync(path, 'utf8').replace(/[0-9a-f]{64}/, lie));
}

test.each([0, 1, 2 ** 21 - 1, 2 ** 21, 2 ** 21 + 1, 2 ** 22, 5_000_001])('is right for %i bytes', async (length) => {
  const data = bytes.subarray(0, length);
  const path = join(scratch, 'some');
  writeFileSync(path, data);
  expect(await hash(path)).toBe(sha256(data));
});

test('is computed once', async () => {
  expect(await hash(settled)).toBe(sha256(bytes));
  expect(records()).toHaveLength(1);
  makeRecordLie();
  expect(await hash(settled)).toBe(lie);
});

test.each([
  ['written in place', (path: string) => writeFileSync(path, makeFile(bytes.length, 2))],
  [
    'written in place, its time set back',
    (path: string) => {
      const { atime, mtime } = statSync(path);
      writeFileSync(path, makeFile(bytes.length, 2));
      utimesSync(path, atime, mtime);
    },
  ],
  [
    'replaced by another of the same time',
    (path: string) => {
      const { atime, mtime } = statSync(path);
      writeFileSync(`${path}.new`, makeFile(bytes.length, 2));
      utimesSync(`${path}.new`, atime, mtime);
      renameSync(`${path}.new`, path);
    },
  ],
  ['made longer', (path: string) => writeFileSync(path, makeFile(bytes.length + 1, 2))],
])('is computed anew for a file that was %s', async (_, change) => {
  const path = join(scratch, `changed-${run}`);
  writeFileSync(path, bytes);
  await wait(2100);
  await hash(path);
  expect(records()).toHaveLength(1);
  makeRecordLie();
  change(path);
  expect(await hash(path)).toBe(sha256(readFileSync(path)));
});

test('is not remembered of a file that was written a moment ago: it may be written again in the same tick', async () => {
  const fresh = join(scratch, 'fresh');
  copyFileSync(settled, fresh);
  utimesSync(fresh, 0, 0);
  await hash(fresh);
  expect(records()).toEqual([]);
});

test.each(['', '{', 'null', '[]', '{"sha256":"' + lie + '"}', ' '.repeat(100)])(
  'is computed where the record is %j',
  async (text) => {
    await hash(settled);
    writeFileSync(join(cache, 'verified', records()[0]!), text);
    expect(await hash(settled)).toBe(sha256(bytes));
    makeRecordLie();
    expect(await hash(settled)).toBe(lie);
  },
);

test.skipIf(process.platform === 'win32')('is computed where a pipe is in the place of the record', async () => {
  await hash(settled);
  const record = join(cache, 'verified', records()[0]!);
  rmSync(record);
  spawnSync('mkfifo', [record]);
  expect(await hash(settled)).toBe(sha256(bytes));
  rmSync(record);
  symlinkSync(join(scratch, 'elsewhere'), record);
  expect(await hash(settled)).toBe(sha256(bytes));
  expect(existsSync(join(scratch, 'elsewhere'))).toBe(false);
});

test('is computed where nothing can be remembered', async () => {
  writeFileSync(cache, 'a file in the place of the cache');
  expect(await hash(settled)).toBe(sha256(bytes));
});

test('old records make room for new ones', async () => {
  const folder = join(cache, 'verified');
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < 1000; i++) writeFileSync(join(folder, `${i}.json`), '');
  await hash(settled);
  expect(records()).toHaveLength(501);
});

test('many at once do not hinder each other', async () => {
  const hashes = await Promise.all(Array.from({ length: 12 }, () => hash(settled)));
  expect(new Set(hashes)).toEqual(new Set([sha256(bytes)]));
  expect(records()).toHaveLength(1);
  makeRecordLie();
  expect(await hash(settled)).toBe(lie);
});

test('a file that changes after it was hashed is not read', async () => {
  const path = join(scratch, 'changing');
  writeFileSync(path, bytes);
  const source = await openFileSource(path);
  await source.sha256();
  expect(await source.read(0, 8)).toHaveLength(8);
  renameSync(path, `${path}.renamed`); // which is no change
  expect(await source.read(0, 8)).toHaveLength(8);
  await wait(20);
  writeFileSync(`${path}.renamed`, makeFile(bytes.length, 2));
  await expect(source.read(0, 8)).rejects.toMatchObject({
    code: 'E_FILE_READ',
    message: expect.stringContaining('was changed while it was in use'),
  });
  await source.close();
});

test('can be interrupted', async () => {
  const source = await openFileSource(settled);
  await expect(source.sha256({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'E_ABORTED' });
  await source.close();
});
