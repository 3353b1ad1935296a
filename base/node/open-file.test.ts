/** What is opened for reading, and what is refused without waiting. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openRegularFile } from './open-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'dalle-gl-open-'));
afterAll(() => rmSync(folder, { recursive: true }));

function codeOf(path: string): Promise<unknown> {
  return openRegularFile('test', path).then(
    async ({ handle }) => handle.close(),
    (error: { code: string }) => error.code,
  );
}

test('a file is opened, through a link too', async () => {
  writeFileSync(join(folder, 'file'), 'abc');
  symlinkSync('file', join(folder, 'link'));
  for (const name of ['file', 'link']) {
    const { handle, size } = await openRegularFile('test', join(folder, name));
    expect([size, await handle.readFile('utf8')]).toEqual([3, 'abc']);
    await handle.close();
  }
});

test('a pipe without a writer, a device, a socket and a file of the kernel are refused at once', async () => {
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  symlinkSync('/proc/self/maps', join(folder, 'maps'));
  const server = createServer().listen(join(folder, 'socket'));
  const places = [
    join(folder, 'pipe'),
    '/dev/zero',
    '/dev/tty',
    join(folder, 'socket'),
    '/proc/self/mem',
    '/proc/cpuinfo',
  ];
  for (const place of [...places, join(folder, 'maps')]) expect(await codeOf(place), place).toBe('E_FILE_KIND');
  server.close();
});

test('a folder and nothing at all are told apart', async () => {
  expect(await codeOf(folder)).toBe('E_FILE_IS_DIRECTORY');
  expect(await codeOf(join(folder, 'nothing'))).toBe('E_FILE_MISSING');
});
