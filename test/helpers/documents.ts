/**
 * Reads the project's pages as tests need them: fenced code blocks, links and table rows, and the files of the
 * package by the names that pages import. No Markdown library: our pages use the plain forms only.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/node/package-files.ts';

/** Path of a page from the root of the repository. */
type Page = string;

interface CodeBlock {
  readonly page: Page;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** Every page this project writes, outside the folders that only hold data. */
export function listPages(): Page[] {
  const folders = [
    '',
    'docs',
    'engine',
    'ops',
    'nets',
    'images',
    'weights-convert',
    'cli',
    'bench',
    'bench/lab',
    'page',
    'test/golden',
  ];
  return folders.flatMap((folder) => {
    const names = readdirSync(join(packageRoot, folder)).filter((name) => name.endsWith('.md'));
    return names.map((name) => join(folder, name));
  });
}

export function readPage(page: Page): string {
  return readFileSync(join(packageRoot, page), 'utf8');
}

/** The fenced blocks of a page, in order. */
export function listCodeBlocks(page: Page): CodeBlock[] {
  const text = readPage(page);
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map((match) => ({
    page,
    line: text.slice(0, match.index).split('\n').length,
    language: match[1]!,
    text: match[2]!,
  }));
}

/** Relative link targets of a page, without fragments. */
export function listLocalLinks(page: Page): string[] {
  const prose = readPage(page).replace(/^```.*?^```$/gms, '');
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? match[2]!);
  const local = targets.filter((target) => !/^(https?:|mailto:|#)/.test(target));
  return local.map((target) => target.replace(/#.*/, ''));
}

/** First cells of the table rows of a page that are code and begin so, such as `E_SHAPE`. */
export function listCodeCells(page: Page, prefix = ''): string[] {
  const cells = [...readPage(page).matchAll(/^\| `([^`]+)` +\|/gm)].map((match) => match[1]!.replaceAll('\\|', '|'));
  return cells.filter((cell) => cell.startsWith(prefix));
}

/** Source of each entry point by the name that pages import: `dalle-gl/node` → node.ts, from the root. */
export function listEntryPoints(): Map<string, string> {
  const { name, exports } = JSON.parse(readPage('package.json')) as {
    name: string;
    exports: Record<string, string | { default: string }>;
  };
  const entries = Object.entries(exports).flatMap(([path, target]): [string, string][] => {
    if (typeof target === 'string') return [];
    return [[join(name, path), target.default.replace('./dist/', '').replace(/\.js$/, '.ts')]];
  });
  return new Map(entries);
}

/** Our TypeScript and JavaScript sources, tests aside. */
export function listSources(): string[] {
  const skipped = /(^|\/)(node_modules|dist|test|bench|docs|\.[^/]+)(\/|$)|\.test\.ts$|\.d\.ts$/;
  const walk = (folder: string): string[] =>
    readdirSync(join(packageRoot, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (skipped.test(path)) return [];
      return entry.isDirectory() ? walk(path) : /\.(ts|mjs)$/.test(path) ? [path] : [];
    });
  return walk('');
}
