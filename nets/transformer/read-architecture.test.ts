/** Every field of an architecture is needed, bounded and known; a config is read and written back the same. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseManifest } from '../../weights-convert/model-folder/manifest-json.ts';
import { formatManifest } from '../../weights-convert/model-folder/manifest-json.ts';
import { sourceFromBytes } from '../../weights-convert/byte-source.ts';
import { describeTransformerConfig, readTransformerConfig } from '../../weights-convert/families/dalle-gl/config.ts';
import { readTransformer } from './read-architecture.ts';
import type { TransformerArchitecture } from './architecture.ts';

const shipped = readFileSync(new URL('../../models/emoji/model.json', import.meta.url));
const manifest = await parseManifest(sourceFromBytes(shipped, 'model.json'));
const emoji = manifest.parts.transformer!.architecture as TransformerArchitecture;

/** As the checkpoint of models/emoji had it. */
const CONFIG: readonly (readonly [string, unknown])[] = [
  ['model', 'dalle'],
  ['dim', 192],
  ['depth', 6],
  ['heads', 3],
  ['text_length', 16],
  ['text_vocab', 673],
  ['image_vocab', 1024],
  ['grid', [16, 16]],
  ['attention', ['row', 'column', 'row', 'row', 'row', 'conv']],
  ['conv_kernel', 11],
  ['conv_edges', 'cut'],
  ['norm', 'pre'],
  ['activation', 'gelu-erf'],
  ['pads', 'per-position'],
  ['position', 'text+row+column'],
  ['start_of_image', false],
  ['caption_dropout', 0.1],
];

test('a manifest with every part is written as it was read', () => {
  expect(formatManifest(manifest)).toBe(shipped.toString());
  expect(Object.keys(manifest.parts)).toEqual(['encoder', 'decoder', 'transformer', 'tokenizer']);
});

describe('fields', () => {
  const read = (changes: readonly (readonly [string, unknown])[]): TransformerArchitecture =>
    readTransformer(new Map<string, unknown>([...Object.entries(emoji), ...changes]));

  test('as they are', () => {
    expect(read([])).toEqual(emoji);
  });

  test.each(Object.keys(emoji).filter((name) => name !== 'kind'))('%s is needed', (name) => {
    expect(() => read([[name, undefined]])).toThrow(/should be .* and is not there/);
  });

  test.each<[string, unknown]>([
    ['names', 'other'],
    ['dim', 0],
    ['dim', 1.5],
    ['dim', 2 ** 17],
    ['depth', 5],
    ['depth', 2 ** 40],
    ['heads', -1],
    ['text_length', NaN],
    ['text_vocab', '673'],
    ['image_vocab', true],
    ['grid', [16]],
    ['grid', [16, 0]],
    ['grid', 256],
    ['attention', ['row']],
    ['attention', 'row'],
    ['attention', ['row', 'column', 'row', 'row', 'row', 'diagonal']],
    ['conv_kernel', 10],
    ['conv_edges', 'mirror'],
    ['activation', 'relu'],
    ['norm', 'post'],
    ['layer_scale', 1],
    ['position', 'none'],
    ['pads', null],
    ['start_token', { tag: 'tuple' }],
    ['heads_of_output', 'three'],
    ['warp', 1],
    ['start_row', 673],
    ['text_start', -1],
    ['text_end', 0.5],
    ['text_position_rows', 15],
    ['shifted_masks', 0],
    ['output_norm', null],
    ['output_bias', 'no'],
    ['qkv_joined', undefined],
  ])('%s is not %o', (name, value) => {
    const reading = (): TransformerArchitecture => read([[name, value]]);
    expect(reading).toThrow(expect.objectContaining({ code: 'E_ARCHITECTURE' }));
    expect(reading).toThrow(name);
  });
});

describe('fields that may be left out', () => {
  const others: Partial<TransformerArchitecture> = {
    start_row: 2,
    text_start: 2,
    text_end: 0,
    text_position_rows: 17,
    shifted_masks: true,
    output_norm: true,
    output_bias: false,
    qkv_joined: false,
  };

  test('stay as they are given, in model.json and in a config', () => {
    const given = { ...emoji, ...others };
    expect(readTransformer(new Map(Object.entries(given)))).toEqual(given);
    expect(readTransformerConfig(describeTransformerConfig(given))).toEqual(given);
  });

  test.each<[Partial<TransformerArchitecture>, RegExp]>([
    [{ text_length: 2, text_start: 2, text_end: 3 }, /no room for words/],
    [{ position: 'rotary', text_position_rows: 17 }, /text_position_rows is 17/],
    [{ start_token: true, text_position_rows: 16 }, /17 text positions are used/],
    [{ shifted_masks: true, shift_tokens: true }, /both/],
  ])('%j go together with no other', (changes, message) => {
    expect(() => readTransformer(new Map(Object.entries({ ...emoji, ...changes })))).toThrow(message);
  });
});

describe('a config', () => {
  test('gives what was trained', () => {
    expect(readTransformerConfig(new Map(CONFIG))).toEqual(emoji);
  });

  test('may say more than it needs, and then it counts', () => {
    const more = new Map<string, unknown>([...CONFIG, ['head_size', 32], ['mlp_size', 100], ['qkv_bias', false]]);
    expect(readTransformerConfig(more)).toEqual({ ...emoji, head_size: 32, mlp_size: 100, qkv_bias: false });
  });

  test('is written and read back the same', () => {
    const others: Partial<TransformerArchitecture> = { layer_scale: true, start_token: true, mlp_size: 7 };
    for (const architecture of [emoji, { ...emoji, ...others }]) {
      expect(readTransformerConfig(describeTransformerConfig(architecture))).toEqual(architecture);
    }
  });

  test.each<[string, unknown, RegExp]>([
    ['model', 'gpt', /model should be dalle/],
    ['start_of_image', true, /start_of_image is set/],
    ['heads', 5, /head_size should be an integer/],
    ['precision', 'half', /no known meaning: precision/],
  ])('with %s %o is refused', (name, value, message) => {
    expect(() => readTransformerConfig(new Map([...CONFIG, [name, value]]))).toThrow(message);
  });
});
