/**
 * No file of the product imports itself by way of others, be it for a type only: each file can be read, tested and
 * taken away with what lies below it, and nothing else.
 */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { listProductFiles } from './helpers/product-files.ts';

type Imports = ReadonlyMap<string, readonly string[]>;

/** Every file that is built, and the files it names. */
function listImports(): Imports {
  return new Map(
    listProductFiles().map((file) => [file, listNamed(file, readFileSync(join(packageRoot, file), 'utf8'))]),
  );
}

/** In whatever form: a value, a type, `export … from`, `import()`, `import('…').Type`. */
function listNamed(file: string, text: string): string[] {
  const named: string[] = [];
  const visit = (node: ts.Node): void => {
    const given = ts.isImportTypeNode(node)
      ? ts.isLiteralTypeNode(node.argument) && node.argument.literal
      : ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && node.arguments[0];
    if (given && ts.isStringLiteralLike(given) && given.text.startsWith('.'))
      named.push(posix.join(posix.dirname(file), given.text));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return named;
}

/** Files that reach each other, each group in alphabetical order. */
function findCircles(imports: Imports): string[][] {
  const reached = new Map([...imports.keys()].map((file) => [file, reach(file, imports)]));
  const circles = [...reached].flatMap(([file, below]) => {
    if (!below.has(file)) return [];
    return [[...below].filter((other) => reached.get(other)!.has(file)).sort()];
  });
  // Each was met once for every file in it.
  return [...new Map(circles.map((files) => [files[0], files])).values()];
}

/** Every file that one leads to; itself only by a circle. */
function reach(from: string, imports: Imports): Set<string> {
  const reached = new Set<string>();
  const pending = [from];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    for (const next of imports.get(file) ?? []) {
      if (!imports.has(next) || reached.has(next)) continue;
      reached.add(next);
      pending.push(next);
    }
  }
  return reached;
}

test('no import leads back to where it came from', () => {
  const imports = listImports();
  expect(imports.size).toBeGreaterThan(200);
  expect(findCircles(imports)).toEqual([]);
});

describe('a circle is found', () => {
  test.each([
    "import { b } from './b.ts'; b();",
    "import type { B } from './b.ts'; export type A = B;",
    "import './b.ts';",
    "export * from './b.ts';",
    "export type { B } from './b.ts';",
    "export const b = import('./b.ts');",
    "export type A = import('./b.ts').B;",
    "export type A = typeof import('./b.ts');",
  ])('by %s', (text) => {
    const imports = new Map([
      ['x/a.ts', listNamed('x/a.ts', text)],
      ['x/b.ts', listNamed('x/b.ts', "export { c } from '../y/c.ts';")],
      ['y/c.ts', listNamed('y/c.ts', "import type { A } from '../x/a.ts';")],
      ['y/d.ts', listNamed('y/d.ts', "import type { A } from '../x/a.ts';")],
    ]);
    expect(findCircles(imports)).toEqual([['x/a.ts', 'x/b.ts', 'y/c.ts']]);
  });

  test('and none where two ways lead to one file', () => {
    const imports = new Map([
      ['a.ts', ['b.ts', 'c.ts']],
      ['b.ts', ['d.ts']],
      ['c.ts', ['d.ts']],
      ['d.ts', []],
    ]);
    expect(findCircles(imports)).toEqual([]);
  });
});
