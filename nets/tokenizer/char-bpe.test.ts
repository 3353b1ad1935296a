/** minDALL-E's tokenizer against Hugging Face's CharBPETokenizer, and by its properties. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../base/node/package-files.ts';
import { readTexts } from '../../test/helpers/tokenizer-golden.ts';
import { joinPieces } from '../../weights-convert/tokenizers/join-pieces.ts';
import { openTokenizer } from './open-tokenizer.ts';
import { prepareText } from './prepare-text.ts';
import { MAX_TEXT_LENGTH, type Tokenizer } from './tokenizer.ts';
import { readMergeLines, type JsonObject } from './vocabulary.ts';

type Runs = readonly (readonly [first: number, last: number])[];

interface Golden {
  readonly tokenizer: JsonObject;
  readonly ids: readonly number[][];
  readonly decoded: readonly string[];
  readonly letters: Readonly<Record<'dropped' | 'spaces' | 'words', Runs>>;
}

const folder = join(packageRoot, 'test', 'golden', 'tokenizers', 'char-bpe');
const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as Golden;
const vocabulary = JSON.parse(readFileSync(join(folder, 'bpe-16k-vocab.json'), 'utf8')) as Record<string, number>;
const merges = readMergeLines(readFileSync(join(folder, 'bpe-16k-merges.txt'), 'utf8'));
const json = joinPieces({ vocabulary, merges });
const trained = await openTokenizer(JSON.stringify(json));

describe('the original', () => {
  test('writes the same tokenizer.json', () => {
    expect({ ...json, model: null }).toEqual(golden.tokenizer);
    expect(trained.pad).toBe(Object.keys(vocabulary).length);
  });

  test('gives the same tokens and texts for 300 texts', async () => {
    const texts = readTexts();
    expect(texts.length).toBe(300);
    for (const [at, text] of texts.entries()) {
      const name = JSON.stringify(text.slice(0, 200));
      expect(await trained.encode(text), name).toEqual(golden.ids[at]);
      expect(await trained.decode(golden.ids[at]!), name).toBe(golden.decoded[at]);
    }
  });

  test('drops the same letters, and cuts at the same', async () => {
    const kinds = new Map<number, string>();
    for (const [kind, runs] of Object.entries(golden.letters)) {
      for (const [first, last] of runs) for (let code = first; code <= last; code++) kinds.set(code, kind);
    }
    const differ: string[] = [];
    for (let code = 0; code < 0xf_0010; code++) {
      // What lies between is of one kind: Chinese, private, or nothing yet.
      if (code === 0xd800) code = 0xe000;
      if (code === 0x3_0000) code = 0xe_0000;
      const words = (await trained.explain(`a${String.fromCodePoint(code)}b`)).map(({ word }) => word);
      const kind =
        words.length === 3 ? 'words' : words.length === 2 ? 'spaces' : words[0] === 'ab' ? 'dropped' : undefined;
      if (kind !== kinds.get(code)) differ.push(code.toString(16));
    }
    expect(differ).toEqual([]);
  });
});

const small: Record<string, number> = { a: 0, 'a</w>': 1, 'b</w>': 2, 'ab</w>': 3, '[UNK]': 4, '!</w>': 5 };
const open = (tokens: object, pairs: [string, string][] = [['a', 'b</w>']]): Promise<Tokenizer> =>
  openTokenizer(JSON.stringify(joinPieces({ vocabulary: tokens as JsonObject, merges: pairs })));

test('by hand: signs, unknown letters one by one, tokens that are found as they are', async () => {
  const tokenizer = await open(small);
  expect(tokenizer.encode('AB ab! xyz')).toEqual([3, 3, 5, 4, 4, 4]);
  expect(tokenizer.encode('ab[PAD]b[UNK][pad]')).toEqual([3, 6, 2, 4, 4, 4, 0, 4, 4]);
  expect(tokenizer.decode([3, 6, 2, 4, 1, 6])).toBe('ab b a');
  expect((await open({ '[PAD]': 0, '[UNK]': 1, 'a</w>': 2 }, [])).pad).toBe(0);
});

test('a text is filled up with its own pad', async () => {
  const architecture = { text_length: 4, text_vocab: 7, pads: 'none' } as const;
  expect([...(await prepareText(await open(small), 'ab', architecture as never))]).toEqual([3, 6, 6, 6]);
  const short = prepareText(await open(small), 'ab', { ...architecture, text_vocab: 6 } as never);
  await expect(short).rejects.toMatchObject({ code: 'E_TOKEN' });
});

test('any text is encoded, and what is known comes back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (text) => {
      const ids = await trained.encode(text);
      expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < trained.vocabularySize)).toBe(true);
      const plain = Array.from(text)
        .filter((letter) => /^[a-z0-9 ]$/.test(letter))
        .join('');
      expect(await trained.decode(await trained.encode(plain))).toBe(plain.split(' ').filter(Boolean).join(' '));
    }),
    { numRuns: 300, seed: 14 },
  );
});

test('one word of the greatest length is no trouble', async () => {
  for (const text of ['ab', '猫', '!', 'é', '[PAD]']) {
    expect((await trained.encode(text.repeat(MAX_TEXT_LENGTH / text.length))).length).toBeGreaterThan(0);
  }
});

test.each<[string, object]>([
  ['no unknown token', { vocab: { a: 0 }, merges: [], unk_token: '[UNK]' }],
  ['a gap', { vocab: { a: 0, '[UNK]': 2 }, merges: [] }],
  ['merges of strangers', { merges: [['q!', 'q']] }],
])('%s is refused', async (_, change) => {
  const text = JSON.stringify({ ...json, model: { ...(json['model'] as object), ...change } });
  await expect(openTokenizer(text)).rejects.toMatchObject({ name: 'FormatError', code: 'E_TOKENIZER_FILE' });
});

test.each<[string, object]>([
  ['an id beyond the next', { id: 5000, content: '[PAD]' }],
  ['an id of another', { id: 3, content: '[PAD]' }],
  ['no id', { id: null, content: '[PAD]' }],
  ['no text', { id: 900, content: '' }],
  ['a text without end', { id: 900, content: 'a'.repeat(5000) }],
])('an added token with %s is refused', async (_, change) => {
  const [token] = json['added_tokens'] as object[];
  const text = JSON.stringify({ ...json, added_tokens: [{ ...token, ...change }] });
  await expect(openTokenizer(text)).rejects.toMatchObject({ name: 'FormatError', code: 'E_TOKENIZER_FILE' });
});
