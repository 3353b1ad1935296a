/** CLIP's tokenizer against its original, ftfy and Python's html.unescape among it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../base/node/package-files.ts';
import { readTexts } from '../../test/helpers/tokenizer-golden.ts';
import { joinPieces } from '../../weights-convert/tokenizers/join-pieces.ts';
import { listClipTokens, writeClip } from './clip-form.ts';
import { fixText } from './fix-text.ts';
import { HTML_ENTITIES } from './html-entities.ts';
import { openTokenizer } from './open-tokenizer.ts';
import { MAX_TEXT_LENGTH } from './tokenizer.ts';
import { unescapeCarefully, unescapeHtml } from './unescape-html.ts';
import { readMergeLines } from './vocabulary.ts';

interface Golden {
  readonly ids: readonly number[][];
  readonly unrepaired: Readonly<Record<string, readonly number[]>>;
  readonly letters: string;
  readonly unescaped: string;
  readonly unescapedCarefully: string;
}

const folder = join(packageRoot, 'test', 'golden', 'tokenizers', 'clip');
const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as Golden;
const file = readFileSync(join(folder, 'bpe_simple_vocab_16e6.txt.gz'));
const merges = readMergeLines(gunzipSync(file).toString());
const trained = await openTokenizer(file);

const hashLines = (lines: readonly string[]): string =>
  createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex');

describe('the original', () => {
  test('gives the same tokens for 300 texts, but for ten that were read in a wrong encoding, which it repairs', async () => {
    const texts = readTexts();
    expect(texts.length).toBe(300);
    const differ: string[] = [];
    for (const [at, text] of texts.entries()) {
      const ids = await trained.encode(text);
      const name = JSON.stringify(text.slice(0, 200));
      if (String(at) in golden.unrepaired) differ.push(text);
      expect(ids, name).toEqual(golden.unrepaired[at] ?? golden.ids[at]);
    }
    expect(differ).toHaveLength(10);
    for (const text of differ) expect(text).toMatch(/[ÃâÐ]|schÃ|ï»¿/);
  });

  test('does the same to each letter', () => {
    const lines: string[] = [];
    for (let code = 0; code < 0x110000; code++) {
      if (code === 0xd800) code = 0xe000;
      const text = `a${String.fromCodePoint(code)}b`;
      const fixed = fixText(text);
      if (fixed !== text) lines.push(`${code.toString(16)} ${fixed}`);
    }
    expect(lines.length).toBeGreaterThan(1000);
    expect(hashLines(lines)).toBe(golden.letters);
  });

  test('reads the same names and numbers of characters', () => {
    const names = HTML_ENTITIES.trim()
      .split(/\s+/)
      .map((entry) => entry.split(/[=!]/)[0]!)
      .sort();
    const forms = names.flatMap((name) => [`&${name}`, `&${name};`, `&${name}x y`, `&${name.toUpperCase()};`]);
    for (let code = 0; code < 0x110010; code++) forms.push(`&#${code};`);
    forms.push('&#x41 &#X42;', '&#;', '&;', '&#x;', '&notit;', '& amp;');
    expect(hashLines(forms.map(unescapeHtml))).toBe(golden.unescaped);
    expect(hashLines(forms.map(unescapeCarefully))).toBe(golden.unescapedCarefully);
  });
});

test('by hand: quotes, names, width, ligatures, controls, composition; not in what looks like HTML', () => {
  expect(fixText('it’s “ﬁne”\u0085 Ｆｕｌｌ\u3000e\u0301 &amp;amp; &EACUTE;\u001b[31m\0')).toBe(
    'it\'s "fine"… Full é & É',
  );
  expect(fixText('a < b &amp;\n&amp;')).toBe('a < b &amp;\n&amp;');
  expect(unescapeHtml('&notit; &ampx &#128; &#xd800; &#1;|&unknown;')).toBe('¬it; &x € \ufffd |&unknown;');
});

test('what is not repaired', () => {
  // The original has café and schön here.
  for (const text of ['cafÃ©', 'schÃ¶n']) expect(fixText(text)).toBe(text);
});

test('the same tokenizer from text, from gzip, from the pair of Hugging Face, and from tokenizer.json', async () => {
  const { tokens } = listClipTokens(merges);
  const vocabulary = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const json = JSON.stringify(writeClip(merges));
  expect(JSON.stringify(joinPieces({ vocabulary, merges }))).toBe(json);
  for (const form of [json, gunzipSync(file).toString()]) {
    const tokenizer = await openTokenizer(form);
    expect(tokenizer.vocabularySize).toBe(tokens.length);
    for (const text of readTexts().slice(0, 40)) {
      expect(await tokenizer.encode(text)).toEqual(await trained.encode(text));
    }
  }
  const other = { ...vocabulary, [tokens[0]!]: 1, [tokens[1]!]: 0 };
  expect(() => joinPieces({ vocabulary: other, merges })).toThrow(
    expect.objectContaining({ code: 'E_TOKENIZER_FILE' }),
  );
});

test.each<[string, unknown]>([
  ['no merges', undefined],
  ['a merge of three', ['a b c']],
  ['a merge that is none', [['a', 'b']]],
  ['a merge of strangers', ['ab c']],
  ['two merges to one token', ['a b', 'b c', 'ab c', 'a bc']],
  ['too many', Array.from({ length: 48_895 }, () => 'a b')],
])('%s: refused', async (_, list) => {
  const text = JSON.stringify({ version: '1.0', model: { type: 'clip', merges: list } });
  await expect(openTokenizer(text)).rejects.toMatchObject({ name: 'FormatError', code: 'E_TOKENIZER_FILE' });
});

test('any text is encoded, and small words come back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (text) => {
      const ids = await trained.encode(text);
      expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < trained.vocabularySize - 2)).toBe(true);
      // Cleaned once, it is clean.
      expect(fixText(fixText(text))).toBe(fixText(text));
      const plain = Array.from(text).filter((letter) => /^[a-z ]$/.test(letter));
      const words = plain.join('').split(' ').filter(Boolean).join(' ');
      expect(await trained.decode(await trained.encode(words))).toBe(words);
    }),
    { numRuns: 300, seed: 14 },
  );
});

test('one text of the greatest length is no trouble, be it of names within names', async () => {
  for (const text of ['a', '&', '&#x3', '&amp;', 'amp;', 'ﬃ', '\u0301', '&lt;', '\u001b[1', '日']) {
    await trained.encode(`&${text.repeat(MAX_TEXT_LENGTH / text.length - 2)}`);
  }
  const nested = '&#x3'.repeat(13_000) + '5' + ';'.repeat(13_000);
  expect((await trained.encode(nested)).length).toBeGreaterThan(0);
});
