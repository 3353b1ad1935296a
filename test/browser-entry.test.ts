/**
 * What a page may import reaches nothing of Node: every import that survives compilation is followed from the package's
 * entries for browsers. test/browser/net.test.ts shows that they also run there.
 */
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Packages that run in a browser as they are. */
const BROWSER_PACKAGES = ['@huggingface/tokenizers', '@jsquash/jpeg', '@jsquash/webp', '@noble/hashes'];

/** Modules that a file imports or re-exports at run time, `import()` too; types are gone by then. */
function listImports(file: string, isLazy = true): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && !node.importClause?.isTypeOnly) addText(node.moduleSpecifier);
    if (ts.isExportDeclaration(node) && !node.isTypeOnly) addText(node.moduleSpecifier);
    if (isLazy && ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      addText(node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  const addText = (specifier: ts.Expression | undefined): void => {
    if (specifier) found.push(ts.isStringLiteralLike(specifier) ? specifier.text : `computed: ${specifier.getText()}`);
  };
  visit(source);
  return found;
}

interface Reached {
  readonly files: readonly string[];
  /** What is imported from outside the repository, as `file → specifier`. */
  readonly foreign: readonly string[];
}

function followImports(entry: string, isLazy = true): Reached {
  const files = new Set([resolve(root, entry)]);
  const foreign: string[] = [];
  for (const file of files) {
    for (const specifier of listImports(file, isLazy)) {
      if (specifier.startsWith('.')) files.add(resolve(dirname(file), specifier));
      else foreign.push(`${relative(root, file)} → ${specifier}`);
    }
  }
  return { files: [...files].map((file) => relative(root, file)), foreign };
}

const isForNode = (line: string): boolean => !BROWSER_PACKAGES.some((name) => `${line}/`.includes(`→ ${name}/`));

test.each(['index.ts', 'convert.ts', 'ops/index.ts', 'engine/index.ts', 'train.ts'])(
  '%s runs without Node',
  (entry) => {
    const { files, foreign } = followImports(entry);
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => file.split('/').includes('node'))).toEqual([]);
    expect(foreign.filter(isForNode)).toEqual([]);
  },
);

test('a page fetches no reader of checkpoints before it opens one', () => {
  const isReader = (file: string): boolean =>
    /^weights-convert\/(open-weights|torch\/torch-|pickle\/machine|census\/|numpy\/|zip\/zip-archive)/.test(file);
  expect(followImports('index.ts', false).files.filter(isReader)).toEqual([]);
  expect(followImports('index.ts').files.filter(isReader).length).toBeGreaterThan(5);
});

test('the same walk finds Node where it is', () => {
  const { files, foreign } = followImports('node.ts');
  expect(files).toContain('engine/context/node/open-egl.ts');
  const lines = foreign.filter(isForNode).join('\n');
  for (const name of ['node:fs', 'pngjs']) expect(lines).toContain(`→ ${name}`);
});
