/** A tokenizer is told by what it holds, whatever it is called, and nothing else is taken for one. */
import { expect, test } from 'vitest';
import { sourceFromBytes, type ByteSource } from '../byte-source.ts';
import { expectTokenizer, readTokenizer } from './tokenizer-file.ts';

const sourceOf = (text: string): ByteSource => sourceFromBytes(Buffer.from(text), 'tokenizer.json');

test.each(['{"model":{"type":"BPE"}}', '\n {"version":"1.0","model":{}}\n', '\ufeff{"model":{}}'])(
  '%o is one',
  async (text) => {
    // A mark of byte order is no part of the text.
    expect(await readTokenizer(sourceOf(text))).toBe(text.replace('\ufeff', ''));
  },
);

test.each([
  '',
  '{',
  '[]',
  'null',
  '{}',
  '{"model":"BPE"}',
  '{"model":[]}',
  '{"model":null}',
  '{"model":{}',
  'model: {}',
])('%o is none', async (text) => {
  expect(await readTokenizer(sourceOf(text))).toBeUndefined();
  await expect(expectTokenizer(sourceOf(text))).rejects.toMatchObject({ code: 'E_TOKENIZER_FILE' });
});

test('neither is one that is not UTF-8, nor one too large to be read at all', async () => {
  const latin = Buffer.from('{"model":{"é":1}}', 'latin1');
  expect(await readTokenizer(sourceFromBytes(latin, 'x'))).toBeUndefined();
  const reads: number[] = [];
  const huge: ByteSource = {
    name: 'x',
    size: 2 ** 40,
    read: async (_, length) => {
      reads.push(length);
      return Buffer.from('{"model":{}}'.padEnd(length));
    },
  };
  expect(await readTokenizer(huge)).toBeUndefined();
  expect(Math.max(...reads)).toBeLessThanOrEqual(64);
});
