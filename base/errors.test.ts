/** Every class of errors has its name written out, so that it says the same once a minifier has renamed it. */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { expect, test } from 'vitest';
import * as errors from './errors.ts';

const classes = Object.entries(errors);

test.each(classes)('%s is called so, and is a DalleError', (name, Class) => {
  const error = new Class('E_TEST', 'message', { cause: 1 });
  expect(error).toBeInstanceOf(errors.DalleError);
  expect(error).toMatchObject({ name, code: 'E_TEST', message: 'message', cause: 1 });
  expect(String(error)).toBe(`${name}: message`);
});

test('the names survive a minifier', async () => {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: true,
      lib: { entry: fileURLToPath(new URL('errors.ts', import.meta.url)), formats: ['es'], fileName: 'errors' },
    },
  });
  const [{ output }] = result as unknown as [{ output: [{ code: string }] }];
  const { code } = output[0];
  expect(code).not.toMatch(/class UsageError/);
  const minified = (await import(
    /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`
  )) as typeof errors;
  for (const [name, Class] of Object.entries(minified)) expect(new Class('E_TEST', '').name).toBe(name);
  expect(Object.keys(minified).sort()).toEqual(classes.map(([name]) => name).sort());
});
