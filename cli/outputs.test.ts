import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { planOutputs, writeIntoFolder, type OutputRules } from './outputs.ts';

const folder = mkdtempSync(join(tmpdir(), 'dalle-gl-outputs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const pictures: OutputRules = { command: 'test', extensions: ['.png'], suffix: '.reconstruction' };
const tokens: OutputRules = { command: 'test', extensions: ['.npy', '.json'], together: true };

test.each<[readonly string[], string | undefined, readonly string[]]>([
  [['a/cat.jpg'], undefined, ['a/cat.reconstruction.png']],
  [['https://example.org/b/dog.jpeg?w=3#x'], undefined, ['dog.reconstruction.png']],
  [['-'], undefined, ['-']],
  [['a/cat.jpg', 'b.c/dog'], 'out', ['out/cat.png', 'out/dog.png']],
  [['a/cat.jpg'], 'out.d/', ['out.d/cat.png']],
  [['a/cat.jpg'], 'x.PNG', ['x.PNG']],
  [['-'], 'out/', ['out/stdin.png']],
  [['a/cat.jpg'], '/dev/null', ['/dev/null']],
])('%j with -o %s', (inputs, output, wanted) => {
  expect(planOutputs(inputs, output, pictures)).toEqual(wanted);
});

test('a folder that is there is a folder, whatever its name', () => {
  mkdirSync(join(folder, 'looks-like.png'));
  expect(planOutputs(['cat.jpg'], join(folder, 'looks-like.png'), pictures)).toEqual([
    join(folder, 'looks-like.png', 'cat.png'),
  ]);
});

test('several inputs go into one file only where they can', () => {
  expect(planOutputs(['a.png', 'b.png'], 'both.json', tokens)).toEqual(['both.json']);
  expect(() => planOutputs(['a.png', 'b.png'], 'both.png', pictures)).toThrow('Name a folder');
});

test.each<[readonly string[], string | undefined, string]>([
  [['a.png'], 'b.jpg', 'does not end in .png'],
  [['a/cat.png', 'b/cat.png'], 'out/', 'another result too'],
  [['a/cat.png'], 'a/cat.png', 'an input too'],
  [['a/cat.png'], 'a/', 'an input too'],
  [['cat.png', 'cat.jpg'], undefined, 'another result too'],
])('%j with -o %s is refused', (inputs, output, message) => {
  expect(() => planOutputs(inputs, output, pictures)).toThrow(message);
});

test('a folder made for nothing is removed again; one that was there stays', async () => {
  const fail = (): Promise<void> => Promise.reject(new Error('full'));
  await expect(writeIntoFolder(join(folder, 'new', 'x.png'), fail)).rejects.toThrow('full');
  expect(existsSync(join(folder, 'new'))).toBe(false);
  await expect(writeIntoFolder(join(folder, 'looks-like.png', 'x.png'), fail)).rejects.toThrow('full');
  expect(existsSync(join(folder, 'looks-like.png'))).toBe(true);
});

test('a file in the place of the folder is a coded failure', async () => {
  writeFileSync(join(folder, 'file'), '');
  const write = writeIntoFolder(join(folder, 'file', 'x.png'), async () => {});
  await expect(write).rejects.toMatchObject({ name: 'FormatError' });
});
