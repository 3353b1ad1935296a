/** The table of constants against TypeScript's DOM library: every name is there, with the value its type says. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { GL } from './constants.ts';

test('all constants of WebGL 2 are there with the values of lib.dom.d.ts, and no others', () => {
  const library = readFileSync(createRequire(import.meta.url).resolve('typescript/lib/lib.dom.d.ts'), 'utf8');
  const interfaces = library.matchAll(/^interface WebGL2?RenderingContextBase \{$(.*?)^\}$/gms);
  const expected: Record<string, number> = {};
  for (const [, body = ''] of interfaces) {
    for (const [, name = '', value] of body.matchAll(/readonly ([A-Z0-9_]+): (-?[0-9A-Fa-fx]+);/g)) {
      expected[name] = Number(value);
    }
  }
  expect(Object.keys(expected).length).toBeGreaterThan(500);
  expect({ ...GL }).toEqual(expected);
});
