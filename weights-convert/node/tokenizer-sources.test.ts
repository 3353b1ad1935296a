/** Tokenizers that come in files of their own kind: what `convert` makes of them, and pairs that are none. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { packageRoot } from '../../base/node/package-files.ts';
import { encoder, keepConversions } from '../../test/helpers/conversions.ts';
import { convertToModelFolder } from './convert.ts';
import { openModelFolder } from './open-model-folder.ts';

const place = keepConversions();
let out = '';
beforeEach(() => {
  out = place.out;
});

const golden = (...path: string[]): string => join(packageRoot, 'test', 'golden', ...path);
const vocabulary = golden('tokenizers', 'min-dalle', 'vocab.json');
const merges = golden('tokenizers', 'min-dalle', 'merges.txt');

/** A file of the scratch folder. */
function write(name: string, content: string | Uint8Array): string {
  mkdirSync(place.scratch, { recursive: true });
  const path = join(place.scratch, name);
  writeFileSync(path, content);
  return path;
}

async function convertedTokenizer(...sources: string[]): Promise<string> {
  await convertToModelFolder({ sources: [encoder, ...sources], out, verify: true });
  const model = await openModelFolder(out);
  await model.close();
  return model.tokenizer!;
}

describe('YouTokenToMe’s bpe.model', () => {
  const model = golden('tokenizers', 'yttm', 'bpe.model');

  test('becomes a tokenizer that makes text small, as ruDALL-E does', async () => {
    const { model: converted } = JSON.parse(await convertedTokenizer(model)) as { model: Record<string, unknown> };
    expect(converted).toMatchObject({ type: 'youtokentome', lowercase: true, special: { unk: 1, pad: 0 } });
    // The file's letters lie in no order, and the same model gives the same file.
    const [head, first, second, ...rest] = readFileSync(model, 'utf8').split('\n');
    out = join(out, '..', 'again');
    const shuffled = write('bpe.model', [head, second, first, ...rest].join('\n'));
    expect(JSON.parse(await convertedTokenizer(shuffled))).toEqual({ version: '1.0', model: converted });
  });

  test('and takes it as it is beside a transformer of DALLE-pytorch', async () => {
    const sources = [join(packageRoot, 'weights-convert/corpus/dalle-pytorch/plain.pt'), model];
    await convertToModelFolder({ sources, out });
    const opened = await openModelFolder(out);
    await opened.close();
    expect(JSON.parse(opened.tokenizer!)).toMatchObject({ model: { lowercase: false } });
  });

  test('words of another family than the weights are refused', async () => {
    const weights = join(packageRoot, 'weights-convert/corpus/dalle-pytorch/plain.pt');
    const conversion = convertToModelFolder({ sources: [weights, vocabulary, merges], out });
    await expect(conversion).rejects.toMatchObject({
      code: 'E_TOKENIZER_FILE',
      message: expect.stringMatching(/min-dalle’s words.+dalle-pytorch/) as string,
    });
  });

  test.each<[string, () => string[], object]>([
    ['cut', () => [write('b.model', readFileSync(model).subarray(0, 2000))], { code: 'E_TOKENIZER_FILE' }],
    ['beside merges', () => [model, merges], { code: 'E_USAGE' }],
    ['twice', () => [model, model], { code: 'E_USAGE' }],
  ])('%s: refused', async (_, sources, error) => {
    await expect(convertToModelFolder({ sources: [encoder, ...sources()], out })).rejects.toMatchObject(error);
  });
});

describe('CLIP’s list of merges', () => {
  const packed = golden('tokenizers', 'clip', 'bpe_simple_vocab_16e6.txt.gz');

  test('is a tokenizer by itself, packed or not', async () => {
    const text = await convertedTokenizer(packed);
    const { model } = JSON.parse(text) as { model: { type: string; merges: string[] } };
    expect(model.type).toBe('clip');
    expect(model.merges).toHaveLength(500);
    out = join(out, '..', 'again');
    expect(await convertedTokenizer(write('merges.txt', gunzipSync(readFileSync(packed))))).toBe(text);
  });

  test.each<[string, () => string[], string]>([
    ['cut', () => [write('m.txt.gz', readFileSync(packed).subarray(0, 500))], 'E_ARCHIVE'],
    ['without its name', () => [write('m.txt', '#version: 0.2\na b\n')], 'E_USAGE'],
    ['with a merge of strangers', () => [write('m.txt', '"bpe_simple_vocab#version: 0.2\nab c\n')], 'E_TOKENIZER_FILE'],
    ['something else that gzip packed', () => [write('m.txt.gz', gzipSync('hello'))], 'E_FORMAT_UNKNOWN'],
    ['a large nothing', () => [write('m.txt.gz', gzipSync(Buffer.alloc(40 * 1024 * 1024)))], 'E_ARCHIVE'],
  ])('%s: refused', async (_, sources, code) => {
    await expect(convertToModelFolder({ sources: [encoder, ...sources()], out })).rejects.toMatchObject({ code });
  });
});

describe('vocab.json and merges.txt', () => {
  test('become one file, whichever is named first, and the manifest names both', async () => {
    const text = await convertedTokenizer(merges, vocabulary);
    const { model } = JSON.parse(text) as { model: { type: string; vocab: object; merges: string[] } };
    expect(model.type).toBe('min-dalle');
    expect(model.vocab).toEqual(JSON.parse(readFileSync(vocabulary, 'utf8')));
    expect(model.merges).toEqual(readFileSync(merges, 'utf8').split('\n').slice(1, -1));
    const { manifest } = await openModelFolder(out).then(async (opened) => (await opened.close(), opened));
    expect(manifest.parts.tokenizer!.source.name).toBe('vocab.json and merges.txt');
    out = join(out, '..', 'again');
    expect(await convertedTokenizer(vocabulary, merges)).toBe(text);
  });

  test('are told apart by the marks among their tokens', async () => {
    const folder = ['tokenizers', 'char-bpe'];
    const text = await convertedTokenizer(
      golden(...folder, 'bpe-16k-vocab.json'),
      golden(...folder, 'bpe-16k-merges.txt'),
    );
    expect(JSON.parse(text)).toMatchObject({ model: { type: 'BPE', unk_token: '[UNK]' } });
  });

  test.each<[string, () => string[], object]>([
    ['merges alone', () => [merges], { name: 'UsageError', code: 'E_USAGE' }],
    ['a vocabulary alone', () => [vocabulary], { name: 'UsageError', code: 'E_USAGE' }],
    ['two vocabularies', () => [vocabulary, write('v.json', '{"a": 0}'), merges], { code: 'E_USAGE' }],
    ['a whole tokenizer too', () => [vocabulary, golden('tokenizers', 'emoji-tokenizer.json')], { code: 'E_USAGE' }],
    ['… named first', () => [golden('tokenizers', 'emoji-tokenizer.json'), merges], { code: 'E_USAGE' }],
    [
      'GPT-2’s',
      () => [write('v.json', '{"a": 0, "Ġ": 1, "<|endoftext|>": 2}'), write('m.txt', '#version: 0.2\n')],
      { code: 'E_TOKENIZER_FILE' },
    ],
    [
      'merges of another vocabulary',
      () => [vocabulary, write('m.txt', '#version: 0.2\nq j\nqj x\n')],
      { code: 'E_TOKENIZER_FILE' },
    ],
    ['merges cut in a line', () => [vocabulary, write('m.txt', '#version: 0.2\nĠ')], { code: 'E_TOKENIZER_FILE' }],
    [
      'ids with a gap',
      () => [write('v.json', '{"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"Ġ":5}'), write('m.txt', '#version: 0.2\n')],
      { code: 'E_TOKENIZER_FILE' },
    ],
    ['a token twice', () => [write('v.json', '{"<s>":0,"<s>":0}'), merges], { code: 'E_FORMAT_UNKNOWN' }],
    ['an id that is none', () => [write('v.json', '{"<s>":0.5}'), merges], { code: 'E_FORMAT_UNKNOWN' }],
    [
      'a vocabulary cut short',
      () => [write('v.json', readFileSync(vocabulary).subarray(0, 900)), merges],
      { code: 'E_FORMAT_UNKNOWN' },
    ],
  ])('%s: refused', async (_, sources, error) => {
    await expect(convertToModelFolder({ sources: [encoder, ...sources()], out })).rejects.toMatchObject(error);
  });
});

test('words of another family are refused, and each family is named once, however many nets are of it', async () => {
  const nets = ['encoder.pt', 'decoder.pt'].map((name) => join(packageRoot, 'weights-convert/corpus/min-dalle', name));
  const sources = [...nets, golden('tokenizers', 'yttm', 'bpe.model')];
  const error: unknown = await convertToModelFolder({ sources, out }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'E_TOKENIZER_FILE' });
  expect((error as Error).message).toContain('of the family min-dalle, which reads min-dalle’s words. If');
});
