/** One at a time, and nobody waits for the dead. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder, type FolderLock } from './folder-lock.ts';
import { ownMark } from './running-process.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dalle-gl-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const lock = (): Promise<FolderLock> => lockFolder(folder, (_, cause) => cause as never);

test('a folder that is taken is refused until it is free', async () => {
  const held = await lock();
  await expect(lock()).rejects.toMatchObject({ code: 'E_OUTPUT_BUSY' });
  held.release();
  (await lock()).release();
  expect(readdirSync(folder)).toEqual([]);
});

test('of many at once never two have it', async () => {
  let holders = 0;
  const most: number[] = [];
  const outcomes = await Promise.allSettled(
    Array.from({ length: 6 }, async () => {
      const held = await lock();
      most.push(++holders);
      await new Promise((resolve) => setTimeout(resolve, 30));
      holders--;
      held.release();
    }),
  );
  expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
  expect(Math.max(...most)).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

test('the lock of a dead process tells what it was about to do', async () => {
  const [host, , start] = ownMark.split('-');
  const name = `.dalle-gl-${host}-${spawnSync('true').pid}-${start}-01234567.lock`;
  writeFileSync(join(folder, name), 'held\na note');
  const held = await lock();
  expect(held.left).toEqual([{ path: join(folder, name), note: 'a note' }]);
  held.release();
});

test('the lock of another machine is respected', async () => {
  const [, id, start] = ownMark.split('-');
  writeFileSync(join(folder, `.dalle-gl-00000000-${id}-${start}-01234567.lock`), '');
  await expect(lock()).rejects.toMatchObject({ code: 'E_OUTPUT_BUSY' });
});
