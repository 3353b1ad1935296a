/**
 * The pages tell the truth: their examples type-check, run, and print what the page says they print; the tables of
 * errors, ops and commands are those of the sources; drawings show what the code does; links lead somewhere.
 *
 * A `ts` block runs by itself in a folder that holds only `docs/` and `test/`, and what it logs must equal the `text`
 * block after it, if there is one. A block with an https address has its types checked only: tests need no network.
 * Blocks that need gpu.js are run by bench/docs.test.ts, where it is installed.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseWords } from '../cli/arguments.ts';
import { commands } from '../cli/command-line.ts';
import type { Recipe } from '../cli/recipe.ts';
import { drawLayout } from '../docs/draw-layout.ts';
import { drawMask, drawnMasks } from '../docs/draw-masks.ts';
import { composeSideBySide } from '../images/compose.ts';
import { readPngText } from '../images/png-text.ts';
import { loadImage } from '../images/node/load.ts';
import { packageRoot } from '../base/node/package-files.ts';
import type { ModelManifest } from '../weights-convert/model-folder/manifest.ts';
import {
  listCodeBlocks,
  listCodeCells,
  listLocalLinks,
  listPages,
  listSources,
  readPage,
} from './helpers/documents.ts';
import { collectLog, createProgram, folderOf, listExamples, listProblems, writeExamples } from './helpers/examples.ts';
import type { Example } from './helpers/examples.ts';

const pages = listPages();
const examples = listExamples('test');

let workplace: string;
let program: ts.Program;

beforeAll(() => {
  workplace = mkdtempSync(join(tmpdir(), 'dalle-gl-docs-'));
  for (const name of ['docs', 'test']) symlinkSync(join(packageRoot, name), join(workplace, name));
  writeExamples('test', examples);
  program = createProgram([...examples.map(({ file }) => file), join(packageRoot, 'ops', 'index.ts')]);
});

afterAll(() => {
  rmSync(folderOf('test'), { recursive: true, force: true });
  rmSync(workplace, { recursive: true, force: true });
});

describe('examples', () => {
  const named = examples.map((example): [string, Example] => [example.name, example]);
  const local = named.filter(([, { source }]) => !source.includes("'https://"));

  test.each(named)('%s has the right types', (_, { file }) => {
    expect(listProblems(program, file)).toEqual([]);
  });

  test.each(local)('%s runs', async (_, { file, output }) => {
    const logged = await collectLog(file, workplace);
    if (output !== undefined) expect(logged).toBe(output);
  });
});

test('the drawing of a layout is what the engine says', async () => {
  await expect(drawLayout()).toMatchFileSnapshot('../engine/gl/layout.svg');
});

test.each(Object.entries(drawnMasks))('the drawing of mask %s is what attention sees', async (name, shape) => {
  await expect(drawMask(shape)).toMatchFileSnapshot(`../docs/images/mask-${name}.svg`);
});

test('docs/errors.md has every code of the sources, once, and no other', () => {
  const thrown = new Set(listSources().flatMap((path) => [...readPage(path).matchAll(/'(E_\w+)'/g)].map((m) => m[1]!)));
  expect(listCodeCells('docs/errors.md', 'E_').sort()).toEqual([...thrown].sort());
});

test('docs/ops.md has every op with the signature TypeScript sees', () => {
  const checker = program.getTypeChecker();
  const index = checker.getSymbolAtLocation(program.getSourceFile(join(packageRoot, 'ops', 'index.ts'))!)!;
  const signatures = checker.getExportsOfModule(index).flatMap((symbol) => {
    const [signature] = checker.getTypeOfSymbol(symbol).getCallSignatures();
    if (!signature || !/^Tensor(\[\])?$/.test(checker.typeToString(signature.getReturnType()))) return [];
    // `b?: Tensor | undefined` says the same twice.
    return [`${symbol.name}${checker.signatureToString(signature)}`.replace(/(\?: [^,)]+) \| undefined/g, '$1')];
  });
  expect(listCodeCells('docs/ops.md').sort()).toEqual(signatures.sort());
});

describe('commands', () => {
  const shellLines = pages.flatMap((page) =>
    listCodeBlocks(page)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => text.split('\n'))
      .flatMap((line) => line.replace(/\s+#.*/, '').split(/ && | \| /))
      .map((line) => ({ page, words: line.trim().split(/\s+/) })),
  );
  const ours = shellLines.filter(({ words }) => words.includes('dalle-gl'));
  const scripts = shellLines.filter(({ words }) => words[0] === 'npm');

  test.each(ours)('$page: $words', ({ words }) => {
    const [name, ...rest] = words.slice(words.indexOf('dalle-gl') + 1);
    const command = commands.find((candidate) => candidate.name === name);
    expect(command, `no command ${name}`).toBeDefined();
    expect(() => parseWords(name!, command!.flags, rest)).not.toThrow();
  });

  test.each(scripts)('$page: $words', ({ words: [, verb, ...rest] }) => {
    const script = verb === 'run' ? rest.find((word) => !word.startsWith('-'))! : verb!;
    const { scripts: known } = JSON.parse(readPage('package.json')) as { scripts: Record<string, string> };
    expect(['ci', 'install', ...Object.keys(known)]).toContain(script);
  });

  test("README's table has every command with its words", () => {
    const usages = commands.map(({ name, operands }) => ['dalle-gl', name, operands].filter(Boolean).join(' '));
    expect(listCodeCells('README.md', 'dalle-gl ').sort()).toEqual(usages.sort());
  });
});

test('drawings are of the weights in the package, and of the text and the seed that stand there', () => {
  const { parts } = JSON.parse(readPage('models/emoji/model.json')) as ModelManifest;
  const drawings = [...readPage('docs/small-model.md').matchAll(/!\[([^\]]+), seed (\d+)\]\(([^)]+)\)/g)];
  expect(drawings).toHaveLength(10);
  for (const [, text, seed, path] of drawings) {
    const recipe = JSON.parse(readPngText(readFileSync(join(packageRoot, 'docs', path!)))['dalle-gl']!) as Recipe;
    expect(recipe).toMatchObject({ command: 'generate', text, settings: { seed: Number(seed), count: 1 } });
    expect(recipe.weights['transformer']).toEqual(parts.transformer!.files.map(({ sha256 }) => sha256));
    expect(recipe.weights['decoder']).toEqual(parts.decoder!.files.map(({ sha256 }) => sha256));
  }
});

test("README's picture is four of them in a row", async () => {
  const names = ['red-heart', 'rocket', 'blue-butterfly', 'purple-frog', 'four-texts'];
  const files = names.map((name) => join(packageRoot, 'docs/images', `${name}-7.png`));
  const [heart, rocket, butterfly, frog, row] = await Promise.all(files.map((file) => loadImage(file)));
  expect(readPage('README.md')).toContain('](docs/images/four-texts-7.png)');
  expect(composeSideBySide([heart!, rocket!, butterfly!, frog!], 8)).toEqual(row);
});

test.each(pages)('links of %s lead to files', (page) => {
  const missing = listLocalLinks(page).filter((target) => !existsSync(join(packageRoot, dirname(page), target)));
  expect(missing).toEqual([]);
});
