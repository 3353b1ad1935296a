/** Captions as the transformer takes them: pads of both kinds, and what happens at and beyond the last position. */
import { describe, expect, test } from 'vitest';
import { readTokenizerGolden } from '../../test/helpers/tokenizer-golden.ts';
import { openTokenizer } from './open-tokenizer.ts';
import { prepareText } from './prepare-text.ts';

const tokenizer = await openTokenizer(JSON.stringify(readTokenizerGolden('emoji-tokenizer')));
const ours = { text_length: 16, text_vocab: 673, pads: 'per-position' } as const;
const zero = { ...ours, pads: 'zero' } as const;

describe('prepareText', () => {
  test('pads by position, or with 0', async () => {
    const pads = Array.from({ length: 16 }, (_, position) => 673 + position);
    expect([...(await prepareText(tokenizer, 'Red heart', ours))]).toEqual([95, 231, ...pads.slice(2)]);
    expect([...(await prepareText(tokenizer, 'Red heart', zero))]).toEqual([95, 231, ...Array<number>(14).fill(0)]);
    expect([...(await prepareText(tokenizer, ' \n', ours))]).toEqual(pads);
    expect([...(await prepareText(tokenizer, '', zero))]).toEqual(Array<number>(16).fill(0));
  });

  test('puts marks around the words, the second where there is room', async () => {
    const marked = { ...ours, text_start: 2, text_end: 3 };
    const pads = Array.from({ length: 16 }, (_, position) => 673 + position);
    expect([...(await prepareText(tokenizer, 'Red heart', marked))]).toEqual([2, 95, 231, 3, ...pads.slice(4)]);
    expect([...(await prepareText(tokenizer, '', marked))]).toEqual([2, 3, ...pads.slice(2)]);
    const full = [2, ...Array<number>(15).fill(95)];
    expect([...(await prepareText(tokenizer, 'red '.repeat(15), marked))]).toEqual(full);
    await expect(prepareText(tokenizer, 'red '.repeat(16), marked)).rejects.toThrow(/this model reads 15/);
    expect([...(await prepareText(tokenizer, 'red '.repeat(16), marked, { truncate: true }))]).toEqual(full);
  });

  test('takes as many tokens as there are positions', async () => {
    expect([...(await prepareText(tokenizer, 'red '.repeat(16), ours))]).toEqual(Array<number>(16).fill(95));
  });

  test('shows where a text that is too long would be cut, or cuts it', async () => {
    const text = `${'red '.repeat(15)}heart and a blue butterfly`;
    await expect(prepareText(tokenizer, text, ours)).rejects.toThrow(
      expect.objectContaining({
        name: 'UsageError',
        code: 'E_TEXT_TOO_LONG',
        message: expect.stringMatching(
          /has \d+ tokens and this model reads 16.*red heart" and cut "and a blue butterfly"/,
        ),
      }),
    );
    const cut = await prepareText(tokenizer, text, ours, { truncate: true });
    expect([...cut]).toEqual([...Array<number>(15).fill(95), 231]);
  });

  test('quotes little of a long text', async () => {
    await expect(prepareText(tokenizer, '🚀'.repeat(30_000), ours)).rejects.toThrow(/^.{1,500}$/);
  });

  test.each([true, false])('refuses a megabyte, truncate: %s', async (truncate) => {
    await expect(prepareText(tokenizer, 'a '.repeat(2 ** 19), ours, { truncate })).rejects.toThrow(
      expect.objectContaining({ code: 'E_TEXT_TOO_LONG' }),
    );
  });

  test('NUL, emoji and half a surrogate pair are unknown letters', async () => {
    expect([...(await prepareText(tokenizer, '\0 🚀 \ud83d', ours))].slice(0, 4)).toEqual([0, 0, 0, 676]);
  });

  test('a tokenizer of another model', async () => {
    await expect(prepareText(tokenizer, 'red heart', { ...ours, text_vocab: 231 })).rejects.toThrow(
      expect.objectContaining({ code: 'E_TOKEN' }),
    );
  });
});
