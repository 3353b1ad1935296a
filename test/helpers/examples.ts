/**
 * The examples of the pages as programs: every `ts` block becomes a file that imports `dalle-gl/…` from source, is
 * type-checked, and runs in a folder of its own choice while what it logs is kept.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import ts from 'typescript';
import { vi } from 'vitest';
import { packageRoot } from '../../base/node/package-files.ts';
import { listCodeBlocks, listEntryPoints, listPages } from './documents.ts';

export interface Example {
  readonly name: string;
  readonly file: string;
  readonly source: string;
  /** What it must log; undefined where the page does not say. */
  readonly output: string | undefined;
}

/** Where an example can run: gpu.js is installed in bench/ only, so that is where blocks that import it belong. */
type ExampleHome = 'test' | 'bench';

/** The examples of all pages that run from `home`, and will be written to its folder `.generated-docs`. */
export function listExamples(home: ExampleHome): readonly Example[] {
  return listPages().flatMap((page) => {
    const blocks = listCodeBlocks(page);
    return blocks.flatMap(({ language, line, text }, index): Example[] => {
      if (language !== 'ts' || homeOf(text) !== home) return [];
      const next = blocks[index + 1];
      const name = `${page}:${line}`;
      const file = join(folderOf(home), `${name.replace(/\W/g, '-')}.ts`);
      const output = next?.language === 'text' ? next.text : undefined;
      return [{ name, file, source: importFromSources(text), output }];
    });
  });
}

function homeOf(text: string): ExampleHome {
  return text.includes("from 'gpu.js'") ? 'bench' : 'test';
}

/** Git-ignored. Whoever writes examples removes it in the end. */
export function folderOf(home: ExampleHome): string {
  return join(packageRoot, home, '.generated-docs');
}

const entryPoints = listEntryPoints();

function importFromSources(text: string): string {
  return text.replace(/(from\s+|import\()'(dalle-gl[^']*)'/g, (_, keyword: string, name: string) => {
    const source = entryPoints.get(name);
    if (source === undefined) throw new Error(`package.json exports no ${name}`);
    return `${keyword}'../../${source}'`;
  });
}

export function writeExamples(home: ExampleHome, examples: readonly Example[]): void {
  mkdirSync(folderOf(home), { recursive: true });
  for (const { file, source } of examples) writeFileSync(file, source);
}

/** A TypeScript program with the project's options. */
export function createProgram(files: readonly string[]): ts.Program {
  const { config } = ts.readConfigFile(join(packageRoot, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, packageRoot);
  return ts.createProgram(files, { ...options, noEmit: true, noImplicitAny: false });
}

/** What TypeScript has to say about one file. */
export function listProblems(program: ts.Program, file: string): string[] {
  const source = program.getSourceFile(file)!;
  const problems = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  return problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** Runs a program in a folder and returns what was logged, a line each. */
export async function collectLog(file: string, workplace: string): Promise<string> {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...values) => void lines.push(`${format(...values)}\n`));
  const before = process.cwd();
  process.chdir(workplace);
  try {
    await import(file);
  } finally {
    process.chdir(before);
    log.mockRestore();
  }
  return lines.join('');
}
