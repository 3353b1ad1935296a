/**
 * The lint table of layers in eslint.config.js does what it says: every way one file can name another, in every
 * direction that is not allowed, is reported; and the table itself names only what exists.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { readPage } from './helpers/documents.ts';

const eslint = new ESLint({ cwd: packageRoot });

/** The layer rules that a file of that name and text breaks. */
async function listBroken(filePath: string, text: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(text, { filePath: join(packageRoot, filePath) });
  expect(result!.fatalErrorCount).toBe(0);
  const rules = result!.messages.map(({ ruleId }) => ruleId);
  return rules.filter((rule) => rule === 'layers/imports' || rule === 'no-restricted-syntax');
}

test.each([
  "import { x } from '../ops/index.ts'; x();",
  "import type { X } from '../ops/index.ts'; export type Y = X;",
  "import '../ops/index.ts';",
  "export { x } from '../ops/index.ts';",
  "export type { X } from '../ops/index.ts';",
  "export * from '../ops/index.ts';",
  "export const x = import('../ops/index.ts');",
  'export const x = import(`../ops/index.ts`);',
  "export const x = import('../ops' + '/index.ts');",
  "export type Y = import('../ops/index.ts').X;",
  "export type Y = typeof import('../ops/index.ts');",
  "import x = require('../ops/index.ts'); x();",
])('in engine/ this form is seen: %s', async (text) => {
  expect(await listBroken('engine/snippet.ts', text)).toEqual(['layers/imports']);
});

test.each([
  ['engine/snippet.ts', '../index.ts'],
  ['engine/snippet.ts', '../node.ts'],
  ['engine/snippet.ts', '../load/node/kernel-cache.ts'],
  ['engine/snippet.ts', '../bench/harness.ts'],
  ['engine/snippet.ts', '../test/helpers/close.ts'],
  ['engine/snippet.ts', '../dist/index.js'],
  ['engine/snippet.ts', '../nets/dvae/dvae.ts'],
  ['engine/snippet.ts', 'fs'],
  ['engine/snippet.ts', 'fs/promises'],
  ['engine/snippet.ts', 'node:fs'],
  ['engine/snippet.ts', 'koffi'],
  ['engine/snippet.ts', 'dalle-gl/node'],
  ['engine/snippet.ts', './context/node/open.ts'],
  ['engine/gl/snippet.ts', '../context/node/open.ts'],
  ['engine/gl/snippet.ts', '../../ops/index.ts'],
  ['engine/context/browser.ts', 'node:fs'],
  ['engine/context/browser.ts', './node/open.ts'],
  ['ops/snippet.ts', '../engine/gl/webgl-device.ts'],
  ['ops/snippet.ts', '../engine/plan.ts'],
  ['ops/snippet.ts', '../nets/dvae/dvae.ts'],
  ['ops/relu/snippet.ts', '../../weights-convert/index.ts'],
  ['nets/snippet.ts', '../engine/gl/webgl-device.ts'],
  ['nets/dvae/snippet.ts', '../../engine/gl/executable.ts'],
  ['nets/snippet.ts', '../weights-convert/node/convert.ts'],
  ['nets/snippet.ts', '../weights-convert/net-tensors.ts'],
  ['weights-convert/snippet.ts', '../nets/dvae/dvae.ts'],
  ['nets/snippet.ts', '../load/dvae.ts'],
  ['nets/snippet.ts', '../images/picture.ts'],
  ['weights-convert/snippet.ts', './node/convert.ts'],
  ['weights-convert/torch/snippet.ts', '../node/convert.ts'],
  ['weights-convert/snippet.ts', '../engine/index.ts'],
  ['weights-convert/node/snippet.ts', '../../images/node/load.ts'],
  ['images/snippet.ts', './node/load.ts'],
  ['images/snippet.ts', 'pngjs'],
  ['images/snippet.ts', '../weights-convert/model-folder/manifest.ts'],
  ['index.ts', 'node:fs'],
  ['index.ts', './base/node/package-files.ts'],
  ['index.ts', './images/node/load.ts'],
  ['convert.ts', 'node:fs'],
  ['convert.ts', './weights-convert/node/convert.ts'],
  ['base/errors.ts', '../index.ts'],
  ['base/snippet.ts', 'node:fs'],
  ['base/snippet.ts', './node/package-files.ts'],
  ['base/node/snippet.ts', '../../engine/index.ts'],
  ['node.ts', './cli/main.ts'],
  ['cli/snippet.ts', '../engine/gl/webgl-device.ts'],
])('%s may not import %s, neither now nor later', async (file, target) => {
  expect(await listBroken(file, `import '${target}';`)).toEqual(['layers/imports']);
  expect(await listBroken(file, `export const x = import('${target}');`)).toEqual(['layers/imports']);
});

test.each([
  ['engine/snippet.ts', './gl/webgl-device.ts'],
  ['engine/snippet.ts', '../base/errors.ts'],
  ['engine/gl/snippet.ts', '../shape.ts'],
  ['engine/context/node/snippet.ts', 'node:fs'],
  ['ops/relu/snippet.ts', '../../engine/index.ts'],
  ['ops/relu/snippet.ts', '../shader/fragment.ts'],
  ['nets/snippet.ts', '../engine/index.ts'],
  ['weights-convert/snippet.ts', '../nets/weights.ts'],
  ['weights-convert/snippet.ts', '@noble/hashes/sha2.js'],
  ['weights-convert/node/snippet.ts', 'node:fs'],
  ['node.ts', './engine/context/node/open.ts'],
  ['cli/snippet.ts', '../node.ts'],
  ['engine/snippet.test.ts', '../ops/index.ts'],
  ['test/snippet.ts', '../engine/context/node/open.ts'],
])('%s may import %s', async (file, target) => {
  expect(await listBroken(file, `import '${target}'; export const x = import('${target}');`)).toEqual([]);
});

test.each([
  'gl.getError();',
  'device.gl.getError();',
  'd.source.gl.x();',
  "device['gl'].getError();",
  'const { gl } = device; gl.getError();',
  'const { gl: context } = device; context.getError();',
])('only engine/gl and engine/context may say %s', async (text) => {
  for (const file of ['engine/snippet.ts', 'ops/snippet.ts', 'nets/snippet.ts', 'cli/snippet.ts']) {
    expect(new Set(await listBroken(file, text))).toEqual(new Set(['no-restricted-syntax']));
  }
  for (const file of ['engine/gl/snippet.ts', 'engine/context/snippet.ts', 'engine/snippet.test.ts']) {
    expect(await listBroken(file, text)).toEqual([]);
  }
});

test('a new folder needs a zone', async () => {
  expect(await listBroken('transformers/snippet.ts', 'export {};')).toEqual(['layers/imports']);
});

test('the table names only zones, files and packages that exist', async () => {
  const { rules } = (await eslint.calculateConfigForFile('ops/index.ts')) as {
    rules: { 'layers/imports': [number, { zones: Record<string, readonly string[]> }] };
  };
  const { zones } = rules['layers/imports'][1];
  const { dependencies } = JSON.parse(readPage('package.json')) as { dependencies: object };
  const known = new Set([...Object.keys(zones), ...Object.keys(dependencies), 'node:', '(computed)']);
  expect(Object.keys(zones).filter((zone) => !existsSync(join(packageRoot, zone)))).toEqual([]);
  expect(Object.values(zones).flatMap((targets) => targets.filter((target) => !known.has(target)))).toEqual([]);
});
