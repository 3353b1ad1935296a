/** Which folders are nobody else's. What needs another user is tried where this one is root. */
import { chmodSync, chownSync, lchownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkOwnFolder, makeOwnFolder } from './own-folder.ts';

const STRANGER = 54321;
const isRoot = process.geteuid?.() === 0;
const unsafe: unknown = expect.objectContaining({ code: 'E_CACHE_UNSAFE' });
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dalle-gl-own-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function makeFolder(mode: number): string {
  const path = join(folder, 'cache');
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

test('one that is made is for its owner alone, and so are those above it', async () => {
  await makeOwnFolder(join(folder, 'a', 'b'));
  for (const path of [join(folder, 'a'), join(folder, 'a', 'b')]) expect(statSync(path).mode & 0o777).toBe(0o700);
});

test('one of ours through a link of ours is taken; nothing there is no fault', () => {
  makeFolder(0o755);
  symlinkSync('cache', join(folder, 'link'));
  expect(() => checkOwnFolder(join(folder, 'link'))).not.toThrow();
  expect(() => checkOwnFolder(join(folder, 'none'))).not.toThrow();
});

test.each([0o777, 0o1777, 0o757, 0o2775])('one of mode %o is refused', (mode) => {
  expect(() => checkOwnFolder(makeFolder(mode))).toThrow(unsafe);
  expect(statSync(join(folder, 'cache')).mode & 0o7777).toBe(mode);
});

test('the permission that an umask of 002 left to the group is taken back', () => {
  const path = makeFolder(0o775);
  checkOwnFolder(path);
  expect(statSync(path).mode & 0o777).toBe(0o755);
});

test.runIf(isRoot)('one of another user, a link of another user, and a link to one are refused', async () => {
  const path = makeFolder(0o755);
  symlinkSync('cache', join(folder, 'link'));
  lchownSync(join(folder, 'link'), STRANGER, STRANGER);
  expect(() => checkOwnFolder(join(folder, 'link'))).toThrow(unsafe);
  chownSync(path, STRANGER, STRANGER);
  symlinkSync('cache', join(folder, 'ours'));
  for (const name of ['cache', 'ours']) {
    expect(() => checkOwnFolder(join(folder, name)), name).toThrow(unsafe);
    await expect(makeOwnFolder(join(folder, name)), name).rejects.toThrow(unsafe);
  }
});
