/** One file, however it is spelled. */
import { linkSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { identifyFile, identifyOpenFile } from './file-identity.ts';

const folder = mkdtempSync(join(tmpdir(), 'dalle-gl-identity-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (...names: string[]): string => join(folder, ...names);

mkdirSync(path('sub'));
symlinkSync('sub', path('way'));
writeFileSync(path('sub', 'a'), '');
writeFileSync(path('b'), '');
linkSync(path('sub', 'a'), path('hard'));
symlinkSync('way/a', path('soft'));
symlinkSync('sub/later', path('dangling'));

test('through links of both kinds, other spellings, and an open file', () => {
  const wanted = identifyFile(path('sub', 'a'));
  expect(wanted).toMatch(/^\d+:\d+$/);
  for (const name of [path('hard'), path('soft'), path('way', 'a'), relative('.', path('sub', '..', 'soft'))]) {
    expect(identifyFile(name), name).toBe(wanted);
  }
  expect(identifyOpenFile(openSync(path('soft'), 'r'))).toBe(wanted);
  expect(identifyFile(path('b'))).not.toBe(wanted);
});

test('a file that is not there yet is its folder and its name', () => {
  const wanted = identifyFile(path('sub', 'later'));
  for (const name of [path('dangling'), path('way', 'later')]) expect(identifyFile(name)).toBe(wanted);
  expect(identifyFile(path('later'))).not.toBe(wanted);
  expect(identifyFile(path('none', 'later'))).toBe(identifyFile(path('way', '..', 'none', '.', 'later')));
});

test('devices are nobody’s file', () => {
  expect(identifyFile('/dev/null')).toBeUndefined();
});
