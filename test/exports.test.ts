/**
 * No file exports what nobody imports: neither the product, nor a test, nor the bench, nor a user through one of the
 * doors. What its own file alone uses is not exported.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { parseFile, parseFiles, type ParsedFile } from './helpers/parsed-files.ts';

/** What users reach: the files behind `exports` of package.json. */
function listDoors(): string[] {
  const { exports } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    exports: Record<string, { default?: string }>;
  };
  return Object.values(exports).flatMap((door) => door.default?.replace(/^\.\/dist\/(.*)\.js$/, '$1.ts') ?? []);
}

/** `file: name` of every export that nobody takes. */
function listUnused(files: readonly ParsedFile[], doors: readonly string[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const taken = new Map<string, Set<string>>();
  const whole = new Set<string>();
  /** Takes names of a file, or all of it, and follows them to where it has them from. */
  const take = (path: string, names: readonly string[] | undefined): void => {
    const known = taken.get(path) ?? new Set();
    taken.set(path, known);
    const fresh = names?.filter((name) => !known.has(name));
    if (fresh ? fresh.length === 0 : whole.has(path)) return;
    if (fresh) fresh.forEach((name) => known.add(name));
    else whole.add(path);
    for (const { from, names: given, isExported } of byPath.get(path)?.imports ?? []) {
      if (isExported) take(from, fresh && given ? fresh.filter((name) => given.includes(name)) : (fresh ?? given));
    }
  };
  doors.forEach((door) => take(door, undefined));
  for (const { imports } of files)
    for (const { from, names, isExported } of imports) if (!isExported) take(from, names);
  return files.flatMap(({ path, exports }) =>
    whole.has(path) ? [] : exports.filter((name) => !taken.get(path)?.has(name)).map((name) => `${path}: ${name}`),
  );
}

/** Files that are found by their names, or named in words; their exports are for who finds them. */
const FOR_TOOLS =
  /config\.(?:ts|js|mjs)$|^test\/helpers\/plain-reporter\.ts$|^ops\/[\w-]+\/cases\.ts$|^bench\/browser\/[\w-]*stage\.ts$/;

test('every export is imported', () => {
  const files = parseFiles();
  expect(files.length).toBeGreaterThan(500);
  expect(listUnused(files, listDoors()).filter((line) => !FOR_TOOLS.test(line.split(':')[0]!))).toEqual([]);
});

test('an export that nobody imports is found, also behind a file that gives it on', () => {
  const files = [
    parseFile('a.ts', 'export const used = 1, lazily = 2; export interface Unused {} export function given() {}'),
    parseFile('b.ts', "export { given, used } from './a.ts'; export * from './c.ts';"),
    parseFile('c.ts', 'export class Behind {} export type Forgotten = 1; const a = 1; export { a };'),
    parseFile('d.ts', "import { used, type Behind } from './b.ts'; (await import('./a.ts')).lazily;"),
  ];
  expect(listUnused(files, [])).toEqual(['a.ts: Unused', 'a.ts: given', 'c.ts: Forgotten', 'c.ts: a']);
  expect(listUnused(files, ['b.ts'])).toEqual(['a.ts: Unused']);
});
