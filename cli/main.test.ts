/** The program itself, as built: bin, streams, Ctrl-C. Needs `npm run build`, which pretest does. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot, readPackageVersion } from '../base/node/package-files.ts';
import { makePng, makeSmallModel, makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';

let place: Workplace;
let model: string;

beforeAll(async () => {
  place = makeWorkplace();
  model = await makeSmallModel(place.path('model'), ['encoder', 'decoder']);
  place.write('photo.png', makePng(512, 512));
});
afterAll(() => place.remove());

function start(words: readonly string[], stdout: 'pipe' | number = 'pipe'): ChildProcess {
  const main = join(packageRoot, 'dist/cli/main.js');
  return spawn(process.execPath, [main, ...words], { cwd: place.folder, stdio: ['pipe', stdout, 'pipe'] });
}

async function finish(child: ChildProcess): Promise<{ exitCode: unknown; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr!.on('data', (chunk) => (stderr += String(chunk)));
  const [exitCode] = await once(child, 'close');
  return { exitCode, stdout, stderr };
}

test('--version says which dalle-gl and which Node', async () => {
  const said = { exitCode: 0, stdout: `dalle-gl ${readPackageVersion()}, Node ${process.versions.node}\n`, stderr: '' };
  expect(await finish(start(['--version']))).toEqual(said);
});

test('a command line that cannot be read is exit 2, on stderr', async () => {
  const { exitCode, stdout, stderr } = await finish(start(['reconstruct', '--sidebyside', 'x.png']));
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain('Did you mean --side-by-side?');
});

test('Ctrl-C while it computes: exit 130, and nothing is left', async () => {
  const before = place.list();
  const child = start(['reconstruct', 'photo.png', '--size', '512', '-m', model]);
  child.stderr!.once('data', () => child.kill('SIGINT'));
  const { exitCode, stderr } = await finish(child);
  expect(exitCode).toBe(130);
  expect(stderr).toContain('(E_ABORTED)');
  expect(place.list()).toEqual(before);
});

test('Ctrl-C while it waits for input: exit 130, and what was finished stays', async () => {
  const child = start(['reconstruct', 'photo.png', '-', '--size', '16', '-o', 'done', '-m', model]);
  child.stderr!.on('data', (chunk) => {
    if (String(chunk).includes('→')) child.kill('SIGINT');
  });
  expect((await finish(child)).exitCode).toBe(130);
  expect(place.list().filter((name) => name.startsWith('done'))).toEqual(['done', join('done', 'photo.png')]);
});

test('a standard output that is full is exit 1', async () => {
  const child = start(['doctor'], openSync('/dev/full', 'w'));
  const { exitCode, stderr } = await finish(child);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^dalle-gl: .*standard output, but its disk is full.* \(E_DISK_FULL\)\n$/);
});
