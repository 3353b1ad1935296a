/** The table of known models holds together: no address twice, hashes that are hashes, families that exist or may. */
import { expect, test } from 'vitest';
import { configurations } from '../../nets/transformer/configurations.ts';
import { FAMILIES } from '../families/all-families.ts';
import { isReadable } from '../families/family.ts';
import { fileBytes, findKnownModel, outputBytes } from './known-model.ts';
import { KNOWN_MODELS } from './known-models.ts';

test('names are words of their own', () => {
  const names = KNOWN_MODELS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
  // `plan` takes both: these configurations are those of the models.
  expect(names.filter((name) => name in configurations)).toEqual([
    'rudalle-malevich',
    'rudalle-malevich-v2',
    'rudalle-emojich',
    'rudalle-surrealist',
    'mindalle',
  ]);
});

test.each(KNOWN_MODELS.map((model) => [model.name, model] as const))('%s', (_, model) => {
  const { files, licence, families, numbers } = model;
  expect(licence).not.toBe('');
  expect(families.length).toBeGreaterThan(0);
  for (const { url, sha256, md5, bytes } of files) {
    const address = new URL(url);
    expect([address.protocol, address.username, address.hash]).toEqual(['https:', '', '']);
    if (sha256 !== undefined) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    if (md5 !== undefined) expect(url).toContain(md5);
    if (bytes !== undefined) expect(bytes).toBeGreaterThan(1e6);
  }
  expect(new Set(files.map(({ url }) => url)).size).toBe(files.length);
  const isPacked = files.some((file) => file.unpacked);
  // What is downloaded holds the numbers that are written; Lightning's files hold an optimiser's too.
  const held = 2 * numbers.halves + 4 * numbers.floats;
  expect(files.reduce((sum, file) => sum + fileBytes(file), 0)).toBeGreaterThan(0.92 * (isPacked ? held * 0.9 : held));
  expect(outputBytes(model, 'f16') * 2).toBe(outputBytes(model, 'f32'));
});

test('every family states its own, and the words that its nets read', () => {
  for (const { name, models = [], tokenizers } of FAMILIES) {
    for (const { families, language } of models) {
      expect(families[0]).toBe(name);
      const reading = FAMILIES.filter((family) => families.includes(family.name) && family.tokenizers !== undefined);
      expect(reading.length > 0).toBe(language !== undefined);
    }
    expect(tokenizers).not.toEqual([]);
  }
});

test('is read when all its families are', () => {
  const model = { ...KNOWN_MODELS[0]!, families: ['openai', 'no-such-family'] };
  expect(isReadable(model, FAMILIES)).toBe(false);
  expect(isReadable({ ...model, families: ['openai'] }, FAMILIES)).toBe(true);
  expect(findKnownModel('openai-dvae', KNOWN_MODELS)?.families).toEqual(['openai']);
  expect(findKnownModel('OPENAI-dvae', KNOWN_MODELS)).toBeUndefined();
});
