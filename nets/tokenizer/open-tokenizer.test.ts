/** Which file is which; CLIP's and foreign tokenizers against their originals; and files that are none. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readTokenizerGolden } from '../../test/helpers/tokenizer-golden.ts';
import { BpeTokenizer } from './bpe.ts';
import { fixText } from './fix-text.ts';
import { startProcess } from './node/start-process.ts';
import { openTokenizer as openTokenizerWith } from './open-tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';
import { unescapeHtml } from './unescape-html.ts';

const openTokenizer = (file: string | Uint8Array): Promise<Tokenizer> =>
  openTokenizerWith(file, { startWorker: startProcess });

const clipGolden = readTokenizerGolden('clip');
const clipFile = `"bpe_simple_vocab_16e6.txt#version: 0.2\n${clipGolden.merges!.join('\n')}\n`;

describe('CLIP’s list of merges', () => {
  test('gives the tokens of a definition in words, for texts that nothing is done to, from text and from gzip', async () => {
    const clean = clipGolden.cases.filter(({ text }) => fixText(text) === text);
    expect(clean.length).toBeGreaterThan(50);
    for (const file of [clipFile, new TextEncoder().encode(clipFile), gzipSync(clipFile)]) {
      const tokenizer = await openTokenizer(file);
      expect(tokenizer.vocabularySize).toBe(512 + clipGolden.merges!.length + 2);
      for (const { text, ids } of clean) expect(await tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
    }
  });

  test('by hand: bytes in the order of their letters, ends of words, merges, marks', async () => {
    const tokenizer = await openTokenizer('#version: 0.2\nc a\nca t</w>\n');
    // "!" is the first of 188 printed bytes, "a" the 65th; 256 more end words; then two merges and two marks.
    expect(tokenizer.encode('! a aa')).toEqual([256, 256 + 64, 64, 256 + 64]);
    expect(tokenizer.encode('CAT cats')).toEqual([513, 512, 83, 256 + 82]);
    // à is C3 A0, which is not printed; before it are 33 such up to the space, and 33 more.
    expect(tokenizer.encode('à')).toEqual([0xc3 - 0xae + 94 + 12, 256 + 188 + 66]);
    expect(tokenizer.encode('<|startoftext|>1<|endoftext|>')).toEqual([514, 256 + 16, 515]);
    expect((await tokenizer.explain('Cat'))[0]!.steps.map(({ pieces }) => pieces)).toEqual([
      ['ca', 't</w>'],
      ['cat</w>'],
    ]);
  });

  test('any text comes back, in small letters', async () => {
    const tokenizer = await openTokenizer(clipFile);
    const plain = (text: string): string =>
      unescapeHtml(unescapeHtml(fixText(text)))
        .toLowerCase()
        .replace(/[\p{White_Space}\u0345]/gu, '');
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (text) => {
        const decoded = await tokenizer.decode(await tokenizer.encode(text));
        expect(decoded.replace(/\p{White_Space}/gu, '')).toBe(plain(text));
      }),
      { numRuns: 300, seed: 4 },
    );
    expect(await tokenizer.decode(await tokenizer.encode('\ud83d'))).toBe('\ufffd');
  });

  test.each([
    ['a merge of three', '#version\na b c\n'],
    ['a merge of one', '#version\nabc\n'],
    ['an empty line within', '#version\na b\n\nc d\n'],
    ['pieces that nothing makes', '#version\nab c\n'],
    ['pieces that are made later', '#version\nab c\na b\n'],
  ])('%s is refused', async (_, text) => {
    await expect(openTokenizer(text)).rejects.toMatchObject({ code: 'E_TOKENIZER_FILE' });
  });
});

describe.each(['wordpiece', 'byte-level'])('a %s tokenizer of Hugging Face', (name) => {
  const golden = readTokenizerGolden(name);

  test('gives the tokens of the original', async () => {
    const tokenizer = await openTokenizer(JSON.stringify(golden.tokenizer));
    expect(tokenizer).not.toBeInstanceOf(BpeTokenizer);
    for (const { text, ids, decoded } of golden.cases) {
      expect(await tokenizer.encode(text), text).toEqual(ids);
      expect(await tokenizer.decode(ids), text).toBe(decoded);
      expect((await tokenizer.explain(text)).flatMap(({ tokens }) => tokens.map(({ id }) => id))).toEqual(ids);
    }
  });

  test('has bounds', async () => {
    const tokenizer = await openTokenizer(JSON.stringify(golden.tokenizer));
    const unknown = tokenizer.decode([tokenizer.vocabularySize]);
    await expect(unknown).rejects.toMatchObject({ code: 'E_TOKEN' });
    await expect(tokenizer.encode('a'.repeat(1e6))).rejects.toMatchObject({ code: 'E_TEXT_TOO_LONG' });
    expect((await tokenizer.encode('\0 \ud83d 🚀')).every((id) => id < tokenizer.vocabularySize)).toBe(true);
  });
});

describe('files that are no tokenizer', () => {
  const own = readTokenizerGolden('emoji-tokenizer') as unknown as { model: Record<string, unknown> };
  const withModel = (model: object): string => JSON.stringify({ ...own, model: { ...own.model, ...model } });
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  const bomb = gzipSync(Buffer.alloc(40 * 1024 * 1024, ' '));

  test.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['JSON cut short', JSON.stringify(own).slice(0, 5000)],
    ['another JSON', '{"dim": 192}'],
    ['a list', '[1]'],
    ['a number', '1'],
    ['no UTF-8', Uint8Array.of(0x7b, 0xff, 0xfe)],
    ['gzip cut short', gzipSync(clipFile).subarray(0, 50)],
    ['a small file that unpacks to a large one', bomb],
    ['17 million letters', `{"model": {}}${' '.repeat(17 * 1024 * 1024)}`],
    ['brackets in brackets', `{"model": {"type": "BPE", "unk_token": "x", "dropout": ${deep}}}`],
    ['brackets for merges', withModel({ merges: [[[[]], 'a']] })],
    ['no vocabulary', withModel({ vocab: null })],
    ['an id twice', withModel({ vocab: { '<unk>': 0, a: 1, b: 1 }, merges: [] })],
    ['an id left out', withModel({ vocab: { '<unk>': 0, a: 2 }, merges: [] })],
    ['an id that is text', withModel({ vocab: { '<unk>': '0' }, merges: [] })],
    ['no token for the unknown', withModel({ unk_token: '[UNK]' })],
    ['a merge of strangers', withModel({ merges: ['q! q?'] })],
    ['a merge into a stranger', withModel({ merges: ['q q'] })],
    ['merges that are no list', withModel({ merges: { 'a b': 1 } })],
    ['a model of no known kind', withModel({ type: 'Oracle', vocab: undefined, merges: undefined })],
    ['a foreign model without a vocabulary', withModel({ type: 'WordPiece', vocab: null })],
    ['a foreign model with an odd id', withModel({ fuse_unk: true, vocab: { '<unk>': 0, a: 1e9 } })],
    ['a foreign model with an odd added id', JSON.stringify({ ...own, added_tokens: [{ id: 1e9, content: 'a' }] })],
  ])('%s', async (_, file) => {
    await expect(openTokenizer(file)).rejects.toMatchObject({ name: 'FormatError', code: 'E_TOKENIZER_FILE' });
  });

  test('any change of a byte gives a tokenizer or a coded error', async () => {
    const bytes = new TextEncoder().encode(JSON.stringify(readTokenizerGolden('wordpiece').tokenizer));
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 32, max: 126 }));
    await fc.assert(
      fc.asyncProperty(change, async ([place, value]) => {
        const damaged = bytes.with(place, value);
        try {
          const tokenizer = await openTokenizer(damaged);
          const ids = await tokenizer.encode('red heart');
          tokenizer.dispose?.();
          expect(ids.every((id) => Number.isInteger(id))).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'E_TOKENIZER_FILE' });
        }
      }),
      { numRuns: 40, seed: 5 },
    );
  });
});
