/** Where things are kept. */
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test, vi } from 'vitest';
import { cacheFolder } from './cache-folder.ts';
import { packageRoot } from './package-files.ts';

test('the folder follows the environment', () => {
  expect(cacheFolder({ DALLE_GL_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
  expect(cacheFolder({ XDG_CACHE_HOME: '/b' })).toBe('/b/dalle-gl');
  expect(cacheFolder({})).toMatch(/\.cache\/dalle-gl$/);
});

test.runIf(process.platform !== 'win32')('an empty home and a relative one are not the current folder', () => {
  for (const home of ['', 'x']) {
    vi.stubEnv('HOME', home);
    for (const env of [{}, { XDG_CACHE_HOME: 'x' }]) {
      expect(cacheFolder(env)).toBe(join(tmpdir(), `dalle-gl-${process.geteuid!()}`));
    }
  }
  vi.unstubAllEnvs();
});

test.runIf(process.geteuid?.() === 0)('a user whom the system does not know has a folder too', () => {
  const module = pathToFileURL(join(packageRoot, 'dist/base/node/cache-folder.js')).href;
  const program = `process.setuid(54321); console.log((await import(${JSON.stringify(module)})).cacheFolder({}));`;
  const words = ['--input-type=module', '-e', program];
  expect(execFileSync(process.execPath, words, { env: { TMPDIR: '/tmp' } }).toString()).toBe('/tmp/dalle-gl-54321\n');
});
