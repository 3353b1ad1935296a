/** Every source of the repository: what it exports, and what it takes from which other. They are read, never run. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../../base/node/package-files.ts';

interface Import {
  /** The file, from the root; what is no file of ours is not listed. */
  readonly from: string;
  /** What is taken of it; undefined for all of it. */
  readonly names: readonly string[] | undefined;
  /** What is taken is given on. */
  readonly isExported: boolean;
}

export interface ParsedFile {
  readonly path: string;
  /** Declared here and exported. */
  readonly exports: readonly string[];
  readonly imports: readonly Import[];
}

/** All sources that git knows, or is about to. */
export function parseFiles(): ParsedFile[] {
  const kinds = ['*.ts', '*.mjs', '*.js'];
  const words = ['ls-files', '--cached', '--others', '--exclude-standard', ...kinds];
  const listed = execFileSync('git', words, { cwd: packageRoot, encoding: 'utf8' }).split('\n');
  const isSource = (path: string): boolean =>
    path !== '' && !path.endsWith('.wasm.ts') && existsSync(join(packageRoot, path));
  const paths = listed.filter(isSource);
  return paths.map((path) => parseFile(path, readFileSync(join(packageRoot, path), 'utf8')));
}

export function parseFile(path: string, text: string): ParsedFile {
  const exports: string[] = [];
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, names: readonly string[] | undefined, isExported = false): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier) || !specifier.text.startsWith('.')) return;
    const target = posix.join(posix.dirname(path), specifier.text);
    // A built file stands for its source.
    const from = target.startsWith('dist/') ? target.slice('dist/'.length).replace(/\.js$/, '.ts') : target;
    imports.push({ from, names, isExported });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, listImported(node.importClause));
    else if (ts.isExportDeclaration(node)) {
      const names = listGiven(node);
      if (node.moduleSpecifier) add(node.moduleSpecifier, names, true);
      else exports.push(...(names ?? []));
    } else if (isImportCall(node)) add(node.arguments[0], listUsed(node));
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, undefined);
    else if (ts.isNewExpression(node) && node.expression.getText() === 'URL') add(node.arguments?.[0], undefined);
    else exports.push(...listDeclared(node));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  return { path, exports, imports };
}

function listImported(clause: ts.ImportClause | undefined): string[] | undefined {
  const bindings = clause?.namedBindings;
  if (bindings && ts.isNamespaceImport(bindings)) return undefined;
  const named = bindings?.elements.map(({ propertyName, name }) => (propertyName ?? name).text) ?? [];
  return [...(clause?.name ? ['default'] : []), ...named];
}

/** Of `export { a } from` and `export { a }`; undefined for `export *`. */
function listGiven({ exportClause }: ts.ExportDeclaration): string[] | undefined {
  if (!exportClause || !ts.isNamedExports(exportClause)) return undefined;
  return exportClause.elements.map(({ propertyName, name }) => (propertyName ?? name).text);
}

function isImportCall(node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
}

/** Of `const { a } = await import(…)` and `(await import(…)).a`; undefined where that cannot be told. */
function listUsed(call: ts.CallExpression): string[] | undefined {
  let node: ts.Node = call.parent;
  while (ts.isAwaitExpression(node) || ts.isParenthesizedExpression(node)) node = node.parent;
  if (ts.isPropertyAccessExpression(node)) return [node.name.text];
  if (!ts.isVariableDeclaration(node) || !ts.isObjectBindingPattern(node.name)) return undefined;
  return node.name.elements.map(({ propertyName, name }) => (propertyName ?? name).getText());
}

/** Names of a statement that begins with `export`; none for any other. */
function listDeclared(node: ts.Node): string[] {
  const modifiers = (ts.canHaveModifiers(node) ? ts.getModifiers(node) : undefined) ?? [];
  if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)) return ['default'];
  if (ts.isVariableStatement(node)) return node.declarationList.declarations.map(({ name }) => name.getText());
  const { name } = node as ts.DeclarationStatement;
  return name ? [name.text] : [];
}
