/** min-dalle's tokenizer against its original, and by its properties. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../base/node/package-files.ts';
import { readTexts } from '../../test/helpers/tokenizer-golden.ts';
import { listEmoji } from './list-emoji.ts';
import { openTokenizer } from './open-tokenizer.ts';
import { MAX_EXPLAINED_LENGTH, MAX_TEXT_LENGTH, type Tokenizer } from './tokenizer.ts';

interface Golden {
  readonly ids: readonly number[][];
  readonly tangled: {
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly string[];
    readonly texts: readonly string[];
    readonly ids: readonly number[][];
  };
  readonly emoji: { readonly count: number; readonly sha256: string };
}

const folder = join(packageRoot, 'test', 'golden', 'tokenizers', 'min-dalle');
const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as Golden;
const vocab = JSON.parse(readFileSync(join(folder, 'vocab.json'), 'utf8')) as Record<string, number>;
const merges = readFileSync(join(folder, 'merges.txt'), 'utf8').split('\n').slice(1, -1);

const open = (model: object): Promise<Tokenizer> =>
  openTokenizer(JSON.stringify({ version: '1.0', model: { type: 'min-dalle', ...model } }));
const trained = await open({ vocab, merges });

describe('the original', () => {
  test('gives the same tokens for 300 texts', async () => {
    const texts = readTexts();
    expect(texts.length).toBe(300);
    for (const [at, text] of texts.entries())
      expect(await trained.encode(text), JSON.stringify(text.slice(0, 200))).toEqual(golden.ids[at]);
  });

  test('joins one pair at a time, also where a merge goes before the one that made its piece', async () => {
    const { texts, ids, ...model } = golden.tangled;
    const tangled = await open(model);
    for (const [at, text] of texts.entries()) expect(await tangled.encode(text), text).toEqual(ids[at]);
    // Whoever joins all pairs of a kind before he looks again gets others for some of them.
    expect(texts.length).toBe(200);
  });

  test('calls all emoji the same', () => {
    const hex = (emoji: string): string => Array.from(emoji, (letter) => letter.codePointAt(0)!.toString(16)).join(' ');
    const names = listEmoji();
    expect(names.size).toBe(golden.emoji.count);
    const lines = [...names].map(([emoji, name]) => `${hex(emoji)} ${name}\n`).sort();
    expect(createHash('sha256').update(lines.join('')).digest('hex')).toBe(golden.emoji.sha256);
  });
});

test('by hand: the letter of the space, merges, what is no token, ids that no text has', async () => {
  const tokens = ['<s>', '<pad>', '</s>', '<unk>', 'Ġ', 'a', 'c', 't', 'Ġc', 'at', 'Ġcat', 'Z', '<mask>'];
  const tokenizer = await open({
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges: ['Ġ c', 'a t', 'Ġc at'],
  });
  expect(tokenizer.vocabularySize).toBe(12);
  expect(tokenizer.encode('CAT  café tac\nt')).toEqual([10, 8, 5, 3, 4, 7, 5, 6, 3, 7]);
  expect(tokenizer.encode('')).toEqual([]);
  expect(tokenizer.decode([0, 10, 8, 5, 3, 2, 1])).toBe('cat ca<unk>');
  expect((await tokenizer.explain('Cat'))[0]).toEqual({
    word: 'cat',
    letters: ['Ġ', 'c', 'a', 't'],
    steps: [
      { rank: 0, left: 'Ġ', right: 'c', pieces: ['Ġc', 'a', 't'] },
      { rank: 1, left: 'a', right: 't', pieces: ['Ġc', 'at'] },
      { rank: 2, left: 'Ġc', right: 'at', pieces: ['Ġcat'] },
    ],
    tokens: [{ id: 10, text: 'Ġcat' }],
  });
});

test('any text is encoded, and what is known comes back in small letters', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (text) => {
      const ids = await trained.encode(text);
      expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < trained.vocabularySize)).toBe(true);
      const plain = Array.from(text).filter((letter) => /^[a-z0-9 ]$/.test(letter));
      const again = await trained.decode(await trained.encode(plain.join('')));
      expect(again).toBe(plain.join('').split(' ').filter(Boolean).join(' '));
    }),
    { numRuns: 300, seed: 14 },
  );
});

test('one word of the greatest length is no trouble, be it of emoji', async () => {
  for (const [text, length] of [
    ['ab', 2],
    ['🚀', 6],
    ['\u200d', 1],
    ['👨\u200d', 4],
    ['1\ufe0f\u20e3', 8],
  ] as const) {
    const ids = await trained.encode(text.repeat(MAX_TEXT_LENGTH / length));
    expect(ids.length > 0).toBe(text !== '\u200d');
  }
  // With its emoji written out it may not be longer either.
  await expect(async () => trained.encode('🚀'.repeat(MAX_TEXT_LENGTH / 4))).rejects.toMatchObject({
    code: 'E_TEXT_TOO_LONG',
  });
  await expect(async () => trained.encode('a'.repeat(MAX_TEXT_LENGTH + 1))).rejects.toMatchObject({
    code: 'E_TEXT_TOO_LONG',
  });
  // Shown step by step, names of emoji would be longer than what may be shown.
  await expect(async () => trained.explain('👩🏿‍🚀'.repeat(MAX_EXPLAINED_LENGTH / 8))).rejects.toMatchObject({
    code: 'E_TEXT_TOO_LONG',
  });
});

test.each<[string, object]>([
  ['no vocabulary', { merges }],
  ['no merges', { vocab }],
  ['marks in another order', { vocab: { ...vocab, '<s>': 2, '</s>': 0 }, merges }],
  [
    'no mark',
    {
      vocab: Object.fromEntries(
        Object.keys(vocab)
          .slice(1)
          .map((token, id) => [token, id]),
      ),
      merges: [],
    },
  ],
  ['no token for the unknown', { vocab: { '<s>': 0, '<pad>': 1, '</s>': 2, Ġ: 3 }, merges: [] }],
  ['no letter for a space', { vocab: { '<s>': 0, '<pad>': 1, '</s>': 2, '<unk>': 3 }, merges: [] }],
  ['a gap', { vocab: { ...vocab, more: 5000 }, merges }],
  ['an id twice', { vocab: { ...vocab, more: 4 }, merges }],
  ['a merge of strangers', { vocab, merges: ['日 本'] }],
  ['a merge of three', { vocab, merges: ['a b c'] }],
  ['a token without end', { vocab: { ...vocab, ['a'.repeat(5000)]: Object.keys(vocab).length }, merges }],
])('%s is refused', async (_, model) => {
  await expect(open(model)).rejects.toMatchObject({ name: 'FormatError', code: 'E_TOKENIZER_FILE' });
});
