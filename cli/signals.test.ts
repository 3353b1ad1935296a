/**
 * The program as built, when it is told to go, and when nobody listens. To be caught in the middle it writes to a disk
 * that never finishes. Needs `npm run build`, which pretest does.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { makePngChunk } from '../images/png-chunks.ts';
import { countPngBytes, readPngHeader } from '../images/png-header.ts';
import { assemblePng } from '../test/images/png-assembler.ts';
import { makePng, makeWorkplace, smallCheckpoints, type Workplace } from '../test/helpers/workplace.ts';

const main = join(packageRoot, 'dist/cli/main.js');
const encoder = smallCheckpoints().encoder;
/** A disk whose flush never ends. */
const slowDisk =
  'data:text/javascript,import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module"; ' +
  'fs.fsync = () => {}; setInterval(() => {}, 1000); syncBuiltinESMExports();';

let place: Workplace;
beforeEach(() => {
  place = makeWorkplace();
});
afterEach(() => place.remove());

// The choice of kernels is remembered before anything else is written: on the slow disk that would never end.
beforeAll(async () => {
  place = makeWorkplace();
  const words = ['encode', place.write('photo.png', makePng(64, 64)), '-o', 't.npy', '--size', '64'];
  const child = spawn(process.execPath, [main, ...words], { stdio: 'ignore', cwd: place.folder });
  expect((await once(child, 'close'))[0]).toBe(0);
  place.remove();
});

/** The temporary files in the folder of a command, which are locks too. */
const listTemporaries = (): string[] => place.list().filter((name) => /(^|\/)\.dalle-gl-/.test(name));

/** Starts a command that will not come to its end, and waits for its temporary file. */
async function startForEver(words: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', slowDisk, main, ...words], { cwd: place.folder, stdio: 'ignore' });
  while (!listTemporaries().some((name) => name.endsWith('.tmp'))) {
    expect(child.exitCode).toBeNull();
    await sleep(20);
  }
  return child;
}

const commands: [string, () => string[]][] = [
  ['convert', () => ['convert', encoder, '-o', 'model']],
  [
    'encode',
    // To remember a hash or a calibration for the first time would hang on that disk too.
    () => {
      const photo = place.write('photo.png', makePng(64, 64));
      return ['encode', photo, '-o', 'deep/t.npy', '--size', '64', '--no-verify', '--no-calibrate'];
    },
  ],
];

test.each(
  commands.flatMap(([name, words]) => (['SIGTERM', 'SIGHUP'] as const).map((signal) => [name, signal, words] as const)),
)('%s, %s: it dies of it, and nothing is left', async (_, signal, words) => {
  const typed = words();
  const before = place.list();
  const child = await startForEver(typed);
  child.kill(signal);
  expect((await once(child, 'close'))[1]).toBe(signal);
  expect(place.list()).toEqual(before);
});

test.each(commands)(
  '%s, Ctrl-C twice: the second does not wait for the work, and nothing is left',
  async (_, words) => {
    const typed = words();
    const before = place.list();
    const child = await startForEver(typed);
    child.kill('SIGINT');
    await sleep(200);
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
    child.kill('SIGINT');
    // A shell calls it 130.
    expect((await once(child, 'close'))[1]).toBe('SIGINT');
    expect(place.list()).toEqual(before);
  },
);

test.each(commands)('%s, SIGKILL: what is left goes with the next command there', async (name, words) => {
  const typed = words();
  const child = await startForEver(typed);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(listTemporaries()).not.toEqual([]);
  const again = spawn(process.execPath, [main, ...typed], { cwd: place.folder, stdio: 'ignore' });
  expect((await once(again, 'close'))[0]).toBe(0);
  expect(listTemporaries()).toEqual([]);
  expect(readdirSync(place.path(name === 'convert' ? 'model' : 'deep'))).not.toEqual([]);
});

test('a standard error that is full, or closed while it works, changes nothing', async () => {
  const words = ['convert', encoder, '-o'];
  const full = spawn(process.execPath, [main, ...words, 'full'], {
    cwd: place.folder,
    stdio: ['ignore', 'ignore', openSync('/dev/full', 'w')],
  });
  expect((await once(full, 'close'))[0]).toBe(0);
  const closed = spawn(process.execPath, [main, ...words, 'closed'], {
    cwd: place.folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  closed.stderr!.destroy();
  expect((await once(closed, 'close'))[0]).toBe(0);
  for (const out of ['full', 'closed']) expect(readdirSync(place.path(out))).toContain('model.json');
  const failed = spawn(process.execPath, [main, ...words, 'closed'], {
    cwd: place.folder,
    stdio: ['ignore', 'ignore', openSync('/dev/full', 'w')],
  });
  expect((await once(failed, 'close'))[0]).toBe(1);
});

test('a signal ends it while a large picture is decoded, which hears nothing for seconds', async () => {
  const head = { width: 8000, height: 8000, depth: 1, colourType: 0, interlaced: true };
  const size = countPngBytes(readPngHeader(assemblePng(head, [makePngChunk('IDAT', new Uint8Array())]), 'large.png'));
  place.write('large.png', assemblePng(head, [makePngChunk('IDAT', deflateSync(Buffer.alloc(size)))]));
  const child = spawn(process.execPath, [main, 'reconstruct', 'large.png', '-o', 'out.png'], {
    cwd: place.folder,
    stdio: 'ignore',
  });
  const closed = once(child, 'close');
  await sleep(2500);
  child.kill('SIGINT');
  // A command that heard it would stop by itself with exit code 130.
  expect((await closed)[1]).toBe('SIGINT');
  expect(place.list()).toEqual(['large.png']);
});
