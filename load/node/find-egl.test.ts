/** EGL is found where the loader would find it, by looking at files alone. */
import { expect, test } from 'vitest';
import { findEgl, fingerprintMachine } from './find-egl.ts';

type Files = Readonly<Record<string, string>>;

function findOn(files: Files, env: Files = {}, platform: NodeJS.Platform = 'linux'): string | undefined {
  const exists = (path: string): boolean => path in files;
  return findEgl({ platform, env, read: (path) => files[path] ?? '', exists });
}

const cache = (...paths: string[]): string => `ld.so-1.7.0\0\u0001\u0003${paths.map((path) => `${path}\0`).join('')}`;
const debian = '/lib/x86_64-linux-gnu/libEGL.so.1';

test.each<[string, Files, Files, string | undefined]>([
  ['nothing', {}, {}, undefined],
  ['the cache of the loader', { '/etc/ld.so.cache': cache('/lib/libz.so', debian), [debian]: '' }, {}, debian],
  ['a cache that is older than the removal', { '/etc/ld.so.cache': cache(debian) }, {}, undefined],
  [
    'libraries with longer names',
    { '/etc/ld.so.cache': cache('/lib/libEGL.so.10', '/lib/libEGL_mesa.so.0'), '/lib/libEGL_mesa.so.0': '' },
    {},
    undefined,
  ],
  ['a folder of the user', { '/my/libEGL.so.1': '' }, { LD_LIBRARY_PATH: '/other::/my' }, '/my/libEGL.so.1'],
  ['a usual folder', { '/usr/lib/libEGL.so.1': '' }, {}, '/usr/lib/libEGL.so.1'],
  ["musl's list", { '/etc/ld-musl-x86_64.path': '/a:/opt/lib\n', '/opt/lib/libEGL.so': '' }, {}, '/opt/lib/libEGL.so'],
])('%s', (_, files, env, wanted) => {
  expect(findOn(files, env)).toBe(wanted);
});

test.each<NodeJS.Platform>(['darwin', 'win32'])('%s brings none', (platform) => {
  expect(findOn({ '/usr/lib/libEGL.so.1': '' }, {}, platform)).toBeUndefined();
});

test('the fingerprint of a machine changes with its libraries and with variables of drivers, and with nothing else', () => {
  const [here, other] = [new URL('./find-egl.ts', import.meta.url), new URL('./open.ts', import.meta.url)];
  const file = here.pathname;
  const fingerprint = fingerprintMachine(file, here);
  expect(fingerprintMachine(file, here)).toBe(fingerprint);
  expect(fingerprintMachine(other.pathname, here)).not.toBe(fingerprint);
  expect(fingerprintMachine(file, other)).not.toBe(fingerprint);
  process.env['DALLE_GL_TEST_X'] = '1';
  expect(fingerprintMachine(file, here)).toBe(fingerprint);
  delete process.env['DALLE_GL_TEST_X'];
  process.env['MESA_TEST_X'] = '1';
  expect(fingerprintMachine(file, here)).not.toBe(fingerprint);
  delete process.env['MESA_TEST_X'];
});
