/** Files that belong together: all new, or all as they were, whatever stands in their places and whenever it fails. */
import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OutputFiles } from './output-files.ts';
import { ownMark } from './running-process.ts';
import { removeOwnTemporaries } from './temporary-files.ts';

let folder = '';
let outputs: OutputFiles;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dalle-gl-outputs-'));
  outputs = new OutputFiles();
});
afterEach(() => rmSync(folder, { recursive: true }));

const bytes = new TextEncoder().encode('new');
const path = (name: string): string => join(folder, name);
const read = (name: string): string => readFileSync(path(name), 'utf8');
const isRoot = process.geteuid?.() === 0;

test('several files get their names together', async () => {
  writeFileSync(path('a'), 'old');
  for (const name of ['a', 'b']) await outputs.write(path(name), bytes);
  expect([read('a'), existsSync(path('b'))]).toEqual(['old', false]);
  outputs.commit();
  expect([read('a'), read('b')]).toEqual(['new', 'new']);
  expect(readdirSync(folder)).toEqual(['a', 'b']);
});

describe('a failure in the middle of the switch', () => {
  test('puts back what stood there, and removes what is new', async () => {
    writeFileSync(path('a'), 'old', { mode: 0o600 });
    for (const name of ['a', 'b', 'c']) await outputs.write(path(name), bytes);
    mkdirSync(path('c'));
    expect(() => outputs.commit()).toThrow(expect.objectContaining({ code: 'E_FILE_IS_DIRECTORY' }));
    await outputs.discard();
    expect(readdirSync(folder)).toEqual(['a', 'c']);
    expect([read('a'), statSync(path('a')).mode & 0o777]).toEqual(['old', 0o600]);
  });

  test('of a single file leaves the old one', async () => {
    await outputs.write(path('a'), bytes, { place: 'new' });
    writeFileSync(path('a'), 'somebody else’s');
    expect(() => outputs.commit()).toThrow(expect.objectContaining({ code: 'E_OUTPUT_EXISTS' }));
    await outputs.discard();
    expect(readdirSync(folder)).toEqual(['a']);
    expect(read('a')).toBe('somebody else’s');
  });
});

describe('what stands in the place', () => {
  test('a link is written through, also one that leads nowhere yet; or replaced, where that is wanted', async () => {
    writeFileSync(path('real'), 'old');
    symlinkSync('real', path('link'));
    symlinkSync('later', path('dangling'));
    symlinkSync('real', path('replaced'));
    await outputs.write(path('link'), bytes);
    await outputs.write(path('dangling'), bytes);
    outputs.commit();
    expect([read('real'), read('later')]).toEqual(['new', 'new']);
    expect(lstatSync(path('link')).isSymbolicLink() && lstatSync(path('dangling')).isSymbolicLink()).toBe(true);
    writeFileSync(path('real'), 'old');
    const others = new OutputFiles();
    await others.write(path('replaced'), bytes, { follow: false });
    others.commit();
    expect([read('real'), read('replaced')]).toEqual(['old', 'new']);
  });

  test('the other name of a hard link keeps the old bytes', async () => {
    writeFileSync(path('a'), 'old');
    linkSync(path('a'), path('other'));
    await outputs.write(path('a'), bytes);
    outputs.commit();
    expect([read('a'), read('other')]).toEqual(['new', 'old']);
  });

  test.each([
    ['a folder', () => mkdirSync(path('a')), 'E_FILE_IS_DIRECTORY'],
    ['a pipe', () => spawnSync('mkfifo', [path('a')]), 'E_FILE_KIND'],
    ['links in a circle', () => symlinkSync('a', path('a')), 'E_FILE_MISSING'],
  ])('%s is refused at once, and stays', async (_, put, code) => {
    put();
    const before = lstatSync(path('a')).mode;
    await expect(outputs.create(path('a'))).rejects.toMatchObject({ code });
    expect(lstatSync(path('a')).mode).toBe(before);
    expect(readdirSync(folder)).toEqual(['a']);
  });

  test('a name as long as names can be', async () => {
    const name = 'é'.repeat(127);
    await outputs.write(path(name), bytes);
    outputs.commit();
    expect(readdirSync(folder)).toEqual([name]);
    await expect(outputs.create(path(`${name}éé`))).rejects.toMatchObject({ code: 'E_FILE_NAME' });
  });

  test.runIf(isRoot)('its owner and permissions are kept', async () => {
    writeFileSync(path('a'), 'old', { mode: 0o640 });
    spawnSync('chown', ['12345:23456', path('a')]);
    await outputs.write(path('a'), bytes);
    outputs.commit();
    const { uid, gid, mode } = statSync(path('a'));
    expect([uid, gid, mode & 0o777]).toEqual([12345, 23456, 0o640]);
  });
});

describe('temporary files', () => {
  /** The name that a process which has ended gave a temporary file. */
  function nameOfDead(): string {
    const [host, , start] = ownMark.split('-');
    return `.dalle-gl-${host}-${spawnSync('true').pid}-${start}-01234567.tmp`;
  }

  test('of killed processes go with the next file; those of living ones, of other machines and all others stay', async () => {
    const [, id, start] = ownMark.split('-');
    const others = [
      `.dalle-gl-${ownMark}-01234567.tmp`,
      `.dalle-gl-00000000-${id}-${start}-01234567.tmp`,
      `.dalle-gl-01234567.tmp`,
      `mine${nameOfDead()}`,
      `${nameOfDead()}.txt`,
    ];
    // A number that was given again: the process of that name started at another time.
    const again = `.dalle-gl-${ownMark.replace(/[^-]+$/, '0')}-01234567.tmp`;
    for (const name of [nameOfDead(), again, ...others]) writeFileSync(path(name), 'x');
    await outputs.write(path('a'), bytes);
    outputs.commit();
    expect(readdirSync(folder).sort()).toEqual([...others, 'a'].sort());
  });

  test('of this process can be removed at once', async () => {
    await outputs.create(path('a'));
    expect(readdirSync(folder)).toHaveLength(1);
    removeOwnTemporaries();
    expect(readdirSync(folder)).toEqual([]);
    await outputs.discard();
  });
});
