/**
 * Nothing has to be installed: with EGL, OpenGL and their drivers hidden, the commands draw on the CPU, as root and as
 * an ordinary user whose home is read-only, and load neither koffi nor anything of EGL. Needs `npm run build`, which
 * pretest does.
 */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { decodePng, open } from '../node.ts';
import { makeWorkplace, type Workplace } from './helpers/workplace.ts';

const hider = join(packageRoot, 'test/helpers/without-graphics.mjs');

function runHidden(command: readonly string[], asUser: boolean): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [hider, ...(asUser ? ['--user'] : []), ...command], { encoding: 'utf8' });
}

/** Containers may not hide anything. */
const canHide = process.platform === 'linux' && runHidden(['true'], false).status === 0;

test('this system has EGL: what is tested of WebGL is tested', async () => {
  const device = await open({ device: 'egl' });
  expect(device.kind).toBe('webgl');
  device.dispose();
});

/** A process that computes, and tells which libraries of graphics it loaded. */
const lookAtLibraries = `
  process.on('exit', () => {
    const loaded = process.report.getReport().sharedObjects.filter((file) => /EGL|GLES|koffi|gallium|_dri/.test(file));
    process.stderr.write('loaded ' + JSON.stringify(loaded) + '\\n');
  });`;

describe.runIf(canHide)('without graphics', () => {
  let place: Workplace;
  beforeAll(() => {
    place = makeWorkplace();
    place.write('look.mjs', lookAtLibraries);
    chmodSync(place.folder, 0o777);
  });
  afterAll(() => place.remove());

  const users: (readonly [name: string, asUser: boolean])[] = [['who runs the tests', false]];
  // Root can become another; a clone below /root is nobody else's to read.
  const isRoot = process.geteuid?.() === 0;
  const canRead = (): boolean => runHidden(['test', '-r', join(packageRoot, 'dist')], true).status === 0;
  if (canHide && isRoot && canRead()) users.push(['an ordinary user', true]);

  function run(asUser: boolean, ...words: string[]): SpawnSyncReturns<string> {
    const program = [process.execPath, '--import', place.path('look.mjs'), join(packageRoot, 'dist/cli/main.js')];
    return runHidden([...program, ...words], asUser);
  }

  test.each(users)('%s draws, and loads nothing of EGL', (name, asUser) => {
    const out = place.path(`${name}.png`);
    const { status, stderr } = run(asUser, 'generate', 'red heart', '-n', '1', '--seed', '7', '-o', out);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stderr).toMatch(/^device {2}CPU \(/);
    expect(stderr).toMatch(/\nloaded \[\]\n$/);
    expect(decodePng(readFileSync(out))).toMatchObject({ width: 128, height: 128 });
  });

  test.each(users)('%s is told by doctor what was chosen and why, and what WebGL would need', (_, asUser) => {
    const { status, stdout } = run(asUser, 'doctor', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      choice: { device: 'cpu', reason: 'no EGL library is on this system' },
      contexts: { library: { error: { code: 'E_GL_LIBRARY' } } },
      device: { kind: 'cpu' },
    });
  });

  test.each(['egl', 'webgl'])('--device %s fails by its code, and the CPU does not take its place', (device) => {
    const words = ['generate', 'red heart', '--device', device, '-o', place.path('x.png')];
    const { status, stderr } = run(false, ...words);
    expect(status).toBe(1);
    expect(stderr).toContain('(E_GL_LIBRARY)');
  });
});
