/** Captions in training: dropouts as functions of seed, epoch and sample, and what is cut. */
import { describe, expect, test } from 'vitest';
import { paper } from '../nets/transformer/configurations.ts';
import { trainBpe } from '../nets/tokenizer/train-bpe.ts';
import { prepareText } from '../nets/tokenizer/prepare-text.ts';
import { captionRows, type CaptionOptions } from './captions.ts';

const texts = ['a red heart on green grass', 'blue butterfly', 'the red moon over the sea'];
const tokenizer = trainBpe(texts, { vocabularySize: 120 });
const architecture = { ...paper(1, 1), text_length: 24, text_vocab: 120 };
const options: CaptionOptions = { architecture, tokenizer, captionDropout: 0, mergeDropout: 0 };
const place = (index: number, epoch = 0, caption = texts[index % texts.length]!): Parameters<typeof captionRows>[0] => {
  return { index, epoch, caption };
};
const isEmpty = (rows: Int32Array): boolean => rows[0] === architecture.text_vocab;

describe('captions', () => {
  test('as they are, without a seed or dropout', async () => {
    const plain = await prepareText(tokenizer, texts[1]!, architecture);
    expect(await captionRows(place(1), { ...options, captionDropout: 1, mergeDropout: 1 }, undefined)).toEqual(plain);
    expect(await captionRows(place(1), options, 7)).toEqual(plain);
  });

  test('with dropout are functions of seed, epoch and sample, and say the same words', async () => {
    const dropping = { ...options, mergeDropout: 0.3 };
    const rowsOf = (seed: number, epoch: number): Promise<Int32Array[]> =>
      Promise.all(Array.from({ length: 12 }, (_, index) => captionRows(place(index, epoch), dropping, seed)));
    const once = await rowsOf(1, 0);
    expect(await rowsOf(1, 0)).toEqual(once);
    expect(await rowsOf(1, 1)).not.toEqual(once);
    expect(await rowsOf(2, 0)).not.toEqual(once);
    expect(new Set(once.map(String)).size).toBeGreaterThan(texts.length);
    once.forEach((rows, index) => {
      expect(tokenizer.decode(rows.filter((row) => row < 120))).toBe(texts[index % texts.length]);
    });
  });

  test('are left out as often as asked', async () => {
    const dropping = { ...options, captionDropout: 0.25 };
    const all = await Promise.all(Array.from({ length: 400 }, (_, index) => captionRows(place(index), dropping, 3)));
    const share = all.filter(isEmpty).length / all.length;
    expect(Math.abs(share - 0.25)).toBeLessThan(0.07);
    expect(all.find(isEmpty)).toEqual(await prepareText(tokenizer, '', architecture));
  });

  test('that are too long are cut; those that dropout makes too long are merged', async () => {
    const short = { ...options, architecture: { ...architecture, text_length: 8 } };
    const words = tokenizer.encode(texts[0]!);
    expect(words.length).toBeLessThanOrEqual(8);
    const letters = { ...short, mergeDropout: 1 };
    expect([...(await captionRows(place(0), letters, 1))].slice(0, words.length)).toEqual(words);
    const long = await captionRows(place(0, 0, Array(50).fill('moon').join(' ')), letters, 1);
    expect(long).toHaveLength(8);
    expect(Math.max(...long)).toBeLessThan(120);
  });

  test('of architectures with marks and a start token have them', async () => {
    const marked = { ...architecture, text_length: 6, text_start: 2, text_end: 3, start_token: true, start_row: 9 };
    const rows = await captionRows(place(0, 0, 'moon'), { ...options, architecture: marked }, undefined);
    expect([...rows]).toEqual([
      9,
      2,
      ...tokenizer.encode('moon'),
      3,
      ...rows.slice(3 + tokenizer.encode('moon').length),
    ]);
    expect(rows).toHaveLength(7);
  });
});
