/** YouTokenToMe's tokenizer against its original, and by its properties. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../base/node/package-files.ts';
import { readTexts } from '../../test/helpers/tokenizer-golden.ts';
import { convertYttmModel } from '../../weights-convert/tokenizers/yttm-model.ts';
import { openTokenizer } from './open-tokenizer.ts';
import { MAX_TEXT_LENGTH, type Tokenizer } from './tokenizer.ts';

interface Golden {
  readonly vocabulary: readonly string[];
  readonly ids: readonly number[][];
  readonly decoded: readonly string[];
  readonly asTheyAre: Readonly<Record<string, readonly number[]>>;
}

const folder = join(packageRoot, 'test', 'golden', 'tokenizers', 'yttm');
const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as Golden;
const file = readFileSync(join(folder, 'bpe.model'), 'utf8');

const open = (lowercase: boolean, text: string = file): Promise<Tokenizer> =>
  openTokenizer(JSON.stringify(convertYttmModel(text, lowercase)));
const small = await open(true);
const asItIs = await open(false);

describe('the original', () => {
  test('gives the same tokens and texts for 300 texts, as ruDALL-E calls it', async () => {
    const texts = readTexts();
    expect(texts.length).toBe(300);
    for (const [at, text] of texts.entries()) {
      const name = JSON.stringify(text.slice(0, 200));
      expect(await small.encode(text), name).toEqual(golden.ids[at]);
      expect(await small.decode(golden.ids[at]!), name).toBe(golden.decoded[at]);
    }
  });

  test('and as DALLE-pytorch calls it', async () => {
    const texts = readTexts();
    const wanted = Object.entries(golden.asTheyAre);
    expect(wanted.length).toBeGreaterThan(100);
    for (const [at, ids] of wanted) expect(await asItIs.encode(texts[Number(at)]!), at).toEqual(ids);
  });

  test('has the same tokens', async () => {
    expect(small.vocabularySize).toBe(golden.vocabulary.length);
    for (const [id, text] of golden.vocabulary.entries()) {
      if (id > 3) expect(await small.decode([5, id])).toBe(golden.vocabulary[5]! + text.replace('▁', ' '));
    }
    expect(await small.decode([0, 1, 2, 3])).toBe('');
  });
});

test('by hand: the start of a word, runs of what is unknown, two tokens of one text, the leftmost of equal merges', async () => {
  // ▁ 4, a 5, b 6; a + b 7, a + a 8, 7 + a 9, b + a 10, a + 10 is "aba" too: 11.
  const model = '3 5\n9601 4\n97 5\n98 6\n6 5 10\n5 10 11\n5 6 7\n7 5 9\n5 5 8\n1 0 2 3\n';
  const tokenizer = await open(true, model);
  expect(tokenizer.encode('aba ab')).toEqual([4, 11, 4, 7]);
  expect(tokenizer.encode(' AAA xyz\u00a0a\ta▁b ')).toEqual([4, 8, 5, 4, 1, 5, 4, 5, 4, 6]);
  expect(tokenizer.decode([2, 4, 11, 4, 1, 9, 3])).toBe('aba aba');
  expect((await tokenizer.explain('bax'))[0]).toEqual({
    word: 'bax',
    letters: ['▁', 'b', 'a', 'x'],
    steps: [{ rank: 0, left: 'b', right: 'a', pieces: ['▁', 'ba', 'x'] }],
    tokens: [
      { id: 4, text: '▁' },
      { id: 10, text: 'ba' },
      { id: 1, text: '<UNK>' },
    ],
  });
});

test('any text is encoded, and what is known comes back', async () => {
  const letters = fc.constantFrom('a', 'r', 'о', 'к', 'т', 'ё', ' ', '  ', '\t');
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ unit: letters }), async (any, known) => {
      const ids = await small.encode(any);
      expect(ids.every((id) => Number.isInteger(id) && id > 0 && id < small.vocabularySize)).toBe(true);
      expect(await small.decode(await small.encode(known))).toBe(known.split(/\s+/).filter(Boolean).join(' '));
    }),
    { numRuns: 300, seed: 14 },
  );
  expect(await small.encode('\ud83d')).toEqual([]);
});

test('one word of the greatest length is no trouble', async () => {
  const word = 'кот'.repeat(MAX_TEXT_LENGTH).slice(0, MAX_TEXT_LENGTH);
  expect(await small.decode(await small.encode(word))).toBe(word);
  expect(await small.encode('☂x☂'.repeat(20_000))).toHaveLength(
    (await small.encode('☂x☂'.repeat(2))).length + 2 * 19_998,
  );
});

const valid = (convertYttmModel(file, true) as { model: Record<string, unknown> }).model;
test.each<[string, object]>([
  ['no letters', { letters: undefined }],
  ['no merges', { merges: {} }],
  ['no special tokens', { special: null }],
  ['nothing said of small letters', { lowercase: 1 }],
  ['no unknown token', { special: { unk: -1, pad: 0, bos: 2, eos: 3 } }],
  ['an id twice', { special: { unk: 1, pad: 1, bos: 2, eos: 3 } }],
  ['a gap', { special: { unk: 1, pad: 0, bos: 2, eos: -1 } }],
  ['no start of a word', { letters: { a: 0 }, merges: [] }],
  ['a letter of two', { letters: { ...(valid['letters'] as object), ab: 9999 } }],
  ['half a letter', { letters: { ...(valid['letters'] as object), '\ud83d': 9999 } }],
  ['a merge of strangers', { merges: [[4, 9999, 700]] }],
  ['a merge of a special token', { merges: [[4, 1, 700]] }],
  ['a merge before what it joins', { merges: (valid['merges'] as unknown[]).toReversed() }],
  ['a merge twice', { merges: [...(valid['merges'] as unknown[]), (valid['merges'] as unknown[])[0]] }],
  ['a merge of three', { merges: [[4, 5, 6, 7]] }],
  [
    'a token without end',
    { merges: Array.from({ length: 40 }, (_, i) => [i ? 699 + i : 4, i ? 699 + i : 4, 700 + i]) },
  ],
])('%s is refused', async (_, change) => {
  const text = JSON.stringify({ version: '1.0', model: { ...valid, ...change } });
  await expect(openTokenizer(text)).rejects.toMatchObject({ name: 'FormatError', code: 'E_TOKENIZER_FILE' });
});

test.each<[string, string]>([
  ['numbers cut off', file.slice(0, 3000)],
  ['more numbers', `${file}1\n`],
  ['a word', file.replace('436 5 699', '436 x 699')],
  ['a letter twice', file.replace('9601 4\n97 5', '9601 4\n9601 5')],
  ['a letter beyond Unicode', file.replace('9601 4', '1114112 4')],
  ['counts that lie', file.replace(/^340 356/, '356 340')],
  ['large counts', file.replace(/^340 356/, '9999999 9999999')],
])('a model file with %s is refused', (_, text) => {
  expect(() => convertYttmModel(text, true)).toThrow(expect.objectContaining({ code: 'E_TOKENIZER_FILE' }));
});
