/**
 * The pages tell the truth: their examples type-check, run, and print what the page says they print; the tables of
 * errors, ops and commands are those of the sources; the drawing is the engine's; links lead somewhere.
 *
 * A `ts` block runs by itself in a folder that holds only `demo/` and `test/`, and what it logs must equal the `text` block after
 * it, if there is one. Blocks are written to test/.generated-docs (git-ignored) with `dalle-gl/…` read from source.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { format } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseWords } from '../cli/arguments.ts';
import { commands } from '../cli/command-line.ts';
import { drawLayout } from '../docs/draw-layout.ts';
import { packageRoot } from '../package-files.ts';
import {
  listCodeBlocks,
  listCodeCells,
  listEntryPoints,
  listLocalLinks,
  listPages,
  listSources,
  readPage,
} from './helpers/documents.ts';

const generated = join(packageRoot, 'test', '.generated-docs');
const pages = listPages();
const entryPoints = listEntryPoints();

interface Example {
  readonly name: string;
  readonly file: string;
  readonly source: string;
  /** What it must log; undefined where the page does not say. */
  readonly output: string | undefined;
}

const examples: readonly Example[] = pages.flatMap((page) => {
  const blocks = listCodeBlocks(page);
  return blocks.flatMap(({ language, line, text }, index): Example[] => {
    if (language !== 'ts') return [];
    const next = blocks[index + 1];
    const name = `${page}:${line}`;
    const file = join(generated, `${name.replace(/\W/g, '-')}.ts`);
    return [{ name, file, source: importFromSources(text), output: next?.language === 'text' ? next.text : undefined }];
  });
});

function importFromSources(text: string): string {
  return text.replace(/(from\s+|import\()'(dalle-gl[^']*)'/g, (_, keyword: string, name: string) => {
    const source = entryPoints.get(name);
    if (source === undefined) throw new Error(`package.json exports no ${name}`);
    return `${keyword}'../../${source}'`;
  });
}

let workplace: string;
let program: ts.Program;

beforeAll(() => {
  workplace = mkdtempSync(join(tmpdir(), 'dalle-gl-docs-'));
  for (const name of ['demo', 'test']) symlinkSync(join(packageRoot, name), join(workplace, name));
  mkdirSync(generated, { recursive: true });
  for (const { file, source } of examples) writeFileSync(file, source);
  program = createProgram([...examples.map(({ file }) => file), join(packageRoot, 'ops', 'index.ts')]);
});

afterAll(() => {
  rmSync(generated, { recursive: true, force: true });
  rmSync(workplace, { recursive: true, force: true });
});

function createProgram(files: readonly string[]): ts.Program {
  const { config } = ts.readConfigFile(join(packageRoot, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, packageRoot);
  return ts.createProgram(files, { ...options, noEmit: true, noImplicitAny: false });
}

describe('examples', () => {
  const named = examples.map((example): [string, Example] => [example.name, example]);

  test.each(named)('%s has the right types', (_, { file }) => {
    const source = program.getSourceFile(file)!;
    const problems = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  });

  test.each(named)('%s runs', async (_, { file, output }) => {
    const logged = await collectLog(() => import(file));
    if (output !== undefined) expect(logged).toBe(output);
  });
});

/** Runs in the workplace and returns what was logged, a line each. */
async function collectLog(run: () => Promise<unknown>): Promise<string> {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...values) => void lines.push(`${format(...values)}\n`));
  const before = process.cwd();
  process.chdir(workplace);
  try {
    await run();
  } finally {
    process.chdir(before);
    log.mockRestore();
  }
  return lines.join('');
}

test('the drawing of a layout is what the engine says', async () => {
  await expect(drawLayout()).toMatchFileSnapshot('../engine/layout.svg');
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
    if (!signature || checker.typeToString(signature.getReturnType()) !== 'Tensor') return [];
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

test.each(pages)('links of %s lead to files', (page) => {
  const missing = listLocalLinks(page).filter((target) => !existsSync(join(packageRoot, dirname(page), target)));
  expect(missing).toEqual([]);
});
