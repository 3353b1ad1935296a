/** Our tokenizer against Hugging Face's library and a trainer that counts everything anew, and by its properties. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readTokenizerGolden } from '../../test/helpers/tokenizer-golden.ts';
import { createRandom } from '../sampling/random.ts';
import { BpeTokenizer } from './bpe.ts';
import { formatExplanation } from './explain-word.ts';
import { openTokenizer } from './open-tokenizer.ts';
import { formatTokenizer } from './tokenizer-json.ts';
import { MAX_EXPLAINED_LENGTH, MAX_TEXT_LENGTH } from './tokenizer.ts';
import { trainBpe } from './train-bpe.ts';

const emojiFile = readTokenizerGolden('emoji-tokenizer');
const emoji = (await openTokenizer(JSON.stringify(emojiFile))) as BpeTokenizer;
const trained = readTokenizerGolden('trained');
const tiny = trainBpe(['hug hug hug pug pun pun bun bun bun hugs'], { vocabularySize: 24 });

describe.each(['emoji', 'trained'] as const)('the %s tokenizer is read as Hugging Face reads it', (name) => {
  test('tokens and texts of every caption, and of odd texts', async () => {
    const golden = readTokenizerGolden(name);
    const file = name === 'emoji' ? emojiFile : golden.tokenizer;
    const tokenizer = await openTokenizer(JSON.stringify(file));
    expect(tokenizer).toBeInstanceOf(BpeTokenizer);
    for (const { text, ids, decoded } of golden.cases) {
      expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
      expect(tokenizer.decode(ids), JSON.stringify(text)).toBe(decoded);
    }
    expect(golden.cases.length).toBeGreaterThan(64);
  });
});

describe('training', () => {
  test('finds the vocabulary that counting anew for every merge finds', () => {
    const { vocab, merges } = trained.tokenizer.model as { vocab: Record<string, number>; merges: [string, string][] };
    const tokenizer = trainBpe(trained.corpus!, { vocabularySize: Object.keys(vocab).length });
    expect(tokenizer.vocabulary.merges).toEqual(merges);
    expect(Object.fromEntries(tokenizer.vocabulary.tokens.map((token, id) => [token, id]))).toEqual(vocab);
  });

  test('does not depend on the order of captions', () => {
    const captions = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 12 }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(captions, (list) => {
        const [there, back] = [list, list.toReversed()].map((order) => trainBpe(order, { vocabularySize: 20 }));
        expect(back!.vocabulary).toEqual(there!.vocabulary);
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  test('captions come back as they were, in small letters and with single spaces', () => {
    const letter = fc.constantFrom('a', 'b', 'C', 'ß', 'Σ', '日', '🚀', ' ', '\t');
    fc.assert(
      fc.property(fc.array(fc.string({ unit: letter, maxLength: 20 }), { minLength: 1, maxLength: 10 }), (captions) => {
        const tokenizer = trainBpe(captions, { vocabularySize: 40 });
        for (const caption of captions) {
          const words = Array.from(caption, (part) => part.toLowerCase())
            .join('')
            .split(/\s+/)
            .filter(Boolean);
          expect(tokenizer.decode(tokenizer.encode(caption))).toBe(words.join(' '));
        }
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  test('stops when every word is one token', () => {
    expect(trainBpe(['ab ab'], { vocabularySize: 1000 }).vocabulary).toEqual({
      tokens: ['<unk>', 'a', 'a</w>', 'b', 'b</w>', 'ab</w>'],
      merges: [['a', 'b</w>']],
      unknown: '<unk>',
    });
    expect(trainBpe([], { vocabularySize: 1 }).encode('x')).toEqual([0]);
  });

  test.each([4, 4.5, NaN, -1])('%s tokens are too few for two letters', (vocabularySize) => {
    expect(() => trainBpe(['ab'], { vocabularySize })).toThrow(expect.objectContaining({ code: 'E_VOCABULARY_SIZE' }));
  });

  test('20,000 words take a moment', () => {
    const random = createRandom(5);
    const word = (): string => Array.from({ length: 8 }, () => 'etaoinsh'[Math.floor(random.uniform() * 8)]).join('');
    const captions = Array.from({ length: 20_000 }, word);
    expect(trainBpe(captions, { vocabularySize: 2000 }).vocabularySize).toBe(2000);
  });
});

describe('encoding', () => {
  test('merges as they were learnt, by hand', () => {
    // 15 tokens of letters. Then u + n</w> (5 times), h + u (4, as u + g</w>, which sorts behind), b + un</w> (3),
    // hu + g</w> (3), p + un</w> (2), and of those that are left once g + s</w> sorts first, then hu + gs</w>.
    expect(formatExplanation(tiny.explain('Hugs'))).toBe(
      ['h u g s</w>', 'hu g s</w>  (merge 1)', 'hu gs</w>  (merge 5)', 'hugs</w>  (merge 6)', '= 21 hugs</w>'].join(
        '\n',
      ),
    );
  });

  test('any text is encoded, and what is unknown is said to be', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const ids = emoji.encode(text);
        expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < emoji.vocabularySize)).toBe(true);
        expect(emoji.encode(emoji.decode(ids)).length).toBeGreaterThanOrEqual(ids.length > 0 ? 1 : 0);
      }),
      { numRuns: 300, seed: 3 },
    );
    expect(emoji.encode('\0')).toEqual([0]);
    expect(emoji.encode('\ud83d \ude80')).toEqual([0, 0]);
    expect(emoji.encode('🚀')).toEqual([0]);
  });

  test('the explanation ends with the tokens', () => {
    for (const { text, ids } of readTokenizerGolden('emoji').cases.slice(0, 100)) {
      const words = emoji.explain(text);
      expect(words.flatMap(({ tokens }) => tokens.map(({ id }) => id))).toEqual(ids);
      for (const { letters, steps, tokens } of words) {
        expect(letters.length - steps.length).toBe(tokens.length);
        for (const { left, right, pieces } of steps) expect(pieces).toContain(left + right);
      }
    }
  });

  test('one word of the greatest length is no trouble, and a longer text is refused', () => {
    const long = trained.corpus![0]!.slice(0, 4).repeat(MAX_TEXT_LENGTH / 4);
    expect(emoji.decode(emoji.encode(long))).toBe(long);
    for (const use of [() => emoji.encode(`${long}a`), () => emoji.explain('a'.repeat(MAX_EXPLAINED_LENGTH + 1))]) {
      expect(use).toThrow(expect.objectContaining({ code: 'E_TEXT_TOO_LONG' }));
    }
  });

  test.each([[[-1]], [[673]], [[1.5]], [[NaN]]])('there is no token %s', (tokens) => {
    expect(() => emoji.decode(tokens)).toThrow(expect.objectContaining({ code: 'E_TOKEN' }));
  });
});

describe('dropout', () => {
  const encode = (text: string, rate: number, seed: number): number[] =>
    emoji.encode(text, { rate, random: createRandom(seed) });

  test('none leaves all merges, full leaves no merge, and a seed repeats', () => {
    expect(encode('yellow rocket', 0, 1)).toEqual(emoji.encode('yellow rocket'));
    expect(encode('yellow rocket', 1, 1)).toHaveLength('yellowrocket'.length);
    expect(encode('yellow rocket', 0.5, 7)).toEqual(encode('yellow rocket', 0.5, 7));
  });

  test('says the same in other pieces', () => {
    const ways = Array.from({ length: 200 }, (_, seed) => encode('yellow rocket', 0.3, seed));
    for (const way of ways) expect(emoji.decode(way)).toBe('yellow rocket');
    expect(new Set(ways.map(String)).size).toBeGreaterThan(20);
  });

  test('at every step each merge has its chance again', () => {
    const tokens = ['?', 'a', 'b', 'c', 'd</w>', 'ab', 'cd</w>'];
    const pairs = new BpeTokenizer({
      tokens,
      merges: [
        ['a', 'b'],
        ['c', 'd</w>'],
      ],
      unknown: '?',
    });
    const random = createRandom(11);
    const runs = 4000;
    const ways = Array.from({ length: runs }, () => pairs.encode('abcd', { rate: 0.4, random }));
    // ab at once, or when cd has been joined instead: 0.6 + 0.4 · 0.6 · 0.6. Within four standard deviations.
    const share = 0.744;
    const joined = ways.filter((ids) => ids[0] === 5).length;
    expect(Math.abs(joined - share * runs)).toBeLessThan(4 * Math.sqrt(runs * share * (1 - share)));
  });
});

test('what is written is the file that was read, and what is trained can be read', async () => {
  expect(JSON.parse(formatTokenizer(emoji))).toEqual(emojiFile);
  const again = (await openTokenizer(formatTokenizer(tiny))) as BpeTokenizer;
  expect(again.vocabulary).toEqual(tiny.vocabulary);
});
