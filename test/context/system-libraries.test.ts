/** The script that npm runs before the tests: what it calls missing, installs, advises and returns. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const path = fileURLToPath(new URL('../../scripts/system-libraries.mjs', import.meta.url));

interface Found {
  readonly libraries: readonly string[];
  readonly drivers: readonly string[];
  readonly browsers: readonly string[];
}
interface Script {
  listMissing(found: Found, wantsBrowser: boolean): string[];
  ensureLibraries(options: {
    look: () => Found;
    install: ((packages: string[]) => void) | null;
    wantsBrowser: boolean;
  }): { exitCode: number; advice: string | null };
}
const script = (await import(path)) as Script;

const NOTHING: Found = { libraries: [], drivers: [], browsers: [] };
const ALL: Found = {
  libraries: ['libEGL.so.1', 'libGLESv2.so.2'],
  drivers: ['swrast_dri.so'],
  browsers: ['chromium'],
};

test('names exactly what is missing', () => {
  expect(script.listMissing(ALL, true)).toEqual([]);
  expect(script.listMissing(NOTHING, true)).toEqual(['egl', 'gles', 'driver', 'browser']);
  expect(script.listMissing(NOTHING, false)).toEqual(['egl', 'gles', 'driver']);
  expect(script.listMissing({ ...ALL, libraries: ['libEGL.so.1'] }, true)).toEqual(['gles']);
});

test('installs exactly what is missing, Chromium apart, and looks again', () => {
  const installed: string[][] = [];
  const look = (): Found => (installed.length === 0 ? { ...NOTHING, libraries: ['libEGL.so.1'] } : ALL);
  const result = script.ensureLibraries({ look, install: (packages) => installed.push(packages), wantsBrowser: true });
  expect(installed).toEqual([['libgles2', 'libgl1-mesa-dri'], ['chromium']]);
  expect(result).toEqual({ exitCode: 0, advice: null });
});

test('touches nothing when all is there', () => {
  const install = (): never => {
    throw new Error('nothing is missing');
  };
  expect(script.ensureLibraries({ look: () => ALL, install, wantsBrowser: true })).toEqual({
    exitCode: 0,
    advice: null,
  });
});

test('says what to type and fails without libraries, but not without Chromium', () => {
  const without = script.ensureLibraries({ look: () => NOTHING, install: null, wantsBrowser: false });
  expect(without.exitCode).toBe(1);
  expect(without.advice).toContain('apt-get install -y --no-install-recommends libegl1 libgles2 libgl1-mesa-dri.');
  const look = (): Found => ({ ...ALL, browsers: [] });
  const withoutBrowser = script.ensureLibraries({ look, install: () => {}, wantsBrowser: true });
  expect(withoutBrowser.exitCode).toBe(0);
  expect(withoutBrowser.advice).toContain('--no-install-recommends chromium.');
});

test('passes silently on this machine, where the tests run', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  if (process.platform === 'linux') expect(stderr).toBe('');
});
