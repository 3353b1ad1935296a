/** The tokenizer of captions. */
import { expect, test } from 'vitest';
import { learnCaptions } from './caption-tokenizer.ts';

test('reads the captions that it was made of, and says how long they are', () => {
  const captions = ['a red heart', 'a blue star on grass', '', 'x'.repeat(70_000)];
  const { tokenizer, textLength } = learnCaptions(captions, 200);
  const lengths = captions.slice(0, 2).map((caption) => tokenizer.encode(caption).length);
  expect(textLength).toBeGreaterThanOrEqual(1.25 * Math.max(...lengths));
  expect(textLength % 4).toBe(0);
  expect(tokenizer.decode(tokenizer.encode(captions[1]!))).toBe(captions[1]);
  expect(learnCaptions([...captions].reverse(), 200).tokenizer.vocabulary).toEqual(tokenizer.vocabulary);
  expect(learnCaptions([Array(2000).fill('word').join(' ')]).textLength).toBe(256);
});

test('wants captions, and room for their letters', () => {
  expect(() => learnCaptions([])).toThrow(/at least one/);
  expect(() => learnCaptions([' ', '\n'])).toThrow(/at least one/);
  expect(() => learnCaptions(['abc'], 3)).toThrow(/vocabularySize/);
});
