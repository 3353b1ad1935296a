/** Folders are made, or refused, and never waited for. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder } from './make-folder.ts';
import { makeFolders } from './output-folder.ts';
import { makeOwnFolder } from './own-folder.ts';

let place = '';
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'dalle-gl-folder-'));
});
afterEach(() => rmSync(place, { recursive: true }));

test('what is missing is made, with its permissions, and the first of it is told', () => {
  mkdirSync(join(place, 'a'));
  expect(makeFolder(join(place, 'a/b/../c/d'), 0o700)).toBe(join(place, 'a/c'));
  expect(statSync(join(place, 'a/c')).mode & 0o777).toBe(0o700);
  expect(makeFolder(join(place, 'a/c/d/'))).toBeUndefined();
  symlinkSync('a', join(place, 'l'));
  expect(makeFolder(join(place, 'l/e'))).toBe(join(place, 'l/e'));
});

test('a file, and a link that leads nowhere, are in the way', () => {
  writeFileSync(join(place, 'file'), '');
  symlinkSync('nowhere', join(place, 'link'));
  for (const name of ['file', 'file/x']) expect(() => makeFolder(join(place, name))).toThrow(/ENOTDIR/);
  for (const name of ['link', 'link/x']) expect(() => makeFolder(join(place, name))).toThrow(/EEXIST|ENOENT/);
});

test.runIf(existsSync('/proc/self'))('where nothing can be made, that is said at once', async () => {
  for (const folder of ['/proc/dalle-gl', '/proc/dalle-gl/x']) {
    expect(() => makeFolder(folder)).toThrow(/ENOENT/);
    await expect(makeFolders(folder, (path) => Object.assign(new Error(path)) as never)).rejects.toThrow(folder);
    await expect(makeOwnFolder(folder)).rejects.toThrow(/ENOENT/);
  }
});
