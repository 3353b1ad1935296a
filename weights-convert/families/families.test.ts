/**
 * What a family knows of itself stays in its folder: nothing else of the product names its tensors, its settings or its
 * files, so that a new family is a folder and a line.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../base/node/package-files.ts';
import { listProductFiles } from '../../test/helpers/product-files.ts';
import { NET_PARTS } from '../../nets/net-kinds.ts';
import { FAMILIES } from './all-families.ts';

const FOLDER = 'weights-convert/families';
/** The table, and a generator that writes files as OpenAI's, which are no business of a table. */
const MAY_IMPORT: readonly string[] = [`${FOLDER}/all-families.ts`, 'weights-convert/node/write-official-size.ts'];

const INSIDE = new RegExp(`^${FOLDER}/[^/]+/`);

/** The product's files but for the nets, whose tensors have names too, and the families' folders. */
// Nets know their own tensors, and so does what trains them.
const files = listProductFiles().filter((path) => !/^(?:nets|train)\//.test(path) && !INSIDE.test(path));

/** What the strings and templates of each file say; what its comments say is for people. */
const texts: ReadonlyMap<string, readonly string[]> = new Map(files.map((path) => [path, listTexts(path)]));

function listTexts(path: string): string[] {
  const said: string[] = [];
  const text = readFileSync(join(packageRoot, path), 'utf8');
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateLiteralToken(node)) said.push(node.text);
    else if (ts.isRegularExpressionLiteral(node)) said.push(text.slice(node.pos, node.end).replaceAll('\\', ''));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest));
  return said;
}

/** Each word that a file has and should not, with the file. */
function findWords(words: readonly string[], isIn: (texts: readonly string[], word: string) => boolean): string[] {
  return [...texts]
    .filter(([path]) => !MAY_IMPORT.includes(path))
    .flatMap(([path, said]) => words.filter((word) => isIn(said, word)).map((word) => `${path}: ${word}`));
}

const all = FAMILIES.flatMap(({ known, form }) => [
  ...known.flatMap((net) => net.tensors),
  ...(form?.anchors ?? []).flatMap(({ name, beside = [], within = [] }) => [name, ...beside, ...within]),
]);
/** Without what all names have: `to_logits` of `to_logits.1.weight:2`. One plain word is anybody's. */
const stems = all
  .map((name) => name.replace(/(\.\d+)*\.(w|weight|b|bias)?(:\d)?$/, ''))
  .filter((name) => /[._]/.test(name));
const tensors = [...new Set(stems)];

const settings = FAMILIES.flatMap(({ form }) => form?.settings ?? []);

test('the folders are those of the table', () => {
  const folders = readdirSync(join(packageRoot, FOLDER), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  expect(folders.map(({ name }) => name).sort()).toEqual(FAMILIES.map(({ name }) => name).sort());
});

test('no two are found by one tensor, and the words that are looked for below are theirs', () => {
  const anchors = FAMILIES.flatMap(({ form }) => (form?.anchors ?? []).map(({ name }) => name));
  expect(new Set(anchors).size).toBe(anchors.length);
  expect(tensors.length).toBeGreaterThan(10);
  expect(tensors).toEqual(expect.arrayContaining(['to_logits', 'text_emb', 'text_embedding', 'blocks.input']));
  expect(settings).toEqual(expect.arrayContaining(['hparams', 'config']));
});

describe('outside of its folder', () => {
  test('no family is imported but by the table', () => {
    const importers = files.filter((path) =>
      texts.get(path)!.some((text) => text.startsWith('.') && INSIDE.test(posix.join(posix.dirname(path), text))),
    );
    expect(importers.sort()).toEqual([...MAY_IMPORT].sort());
  });

  test('no tensor of a family is named', () => {
    expect(files.length).toBeGreaterThan(200);
    expect(findWords(tensors, (said, word) => said.some((text) => text.includes(word)))).toEqual([]);
  });

  test('the converter names no family and no setting of one', () => {
    const names = FAMILIES.map(({ name }) => name).filter((name) => !(NET_PARTS as readonly string[]).includes(name));
    const words = [...settings, ...names]; // CLIP is a part of a model too
    const found = findWords(words, (said, word) => said.includes(word));
    expect(found.filter((place) => place.startsWith('weights-convert/'))).toEqual([]);
  });
});
