/** Settings: what is allowed, and the way through a picture and back. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_SAMPLING, parseSampling, resolveSampling, type SamplingSettings } from './settings.ts';

test('what is not asked for has its default', () => {
  expect(resolveSampling({ seed: 1 })).toEqual({ temperature: 1, topP: 1, guidance: 1, seed: 1, count: 4 });
  expect(resolveSampling({ topK: 32, seed: 7 })).toEqual({ ...DEFAULT_SAMPLING, topK: 32, seed: 7 });
});

test('a seed that is not asked for is random, and may be given again', () => {
  const seeds = Array.from({ length: 50 }, () => resolveSampling().seed);
  // Two equal ones in fifty come once in three million runs.
  expect(new Set(seeds).size).toBe(50);
  expect(seeds.map((seed) => resolveSampling({ seed }).seed)).toEqual(seeds);
  // Of fifty, none below 2³¹ or none above it comes once in 10¹⁵.
  expect(Math.min(...seeds)).toBeLessThan(2 ** 31);
  expect(Math.max(...seeds)).toBeGreaterThan(2 ** 31);
});

test.each<[string, unknown]>([
  ['temperature', 0],
  ['temperature', NaN],
  ['temperature', -1],
  ['temperature', Infinity],
  ['temperature', '1'],
  ['topK', 0],
  ['topK', 1.5],
  ['topP', 0],
  ['topP', 1.01],
  ['guidance', NaN],
  ['guidance', -1],
  ['seed', -1],
  ['seed', 2 ** 32],
  ['seed', 0.5],
  ['count', 0],
  ['count', 1025],
  ['count', null],
  ['count', {}],
  ['topk', 3],
  ['toString', 3],
])('%s cannot be %s', (name, value) => {
  const error = { name: 'UsageError', code: 'E_SAMPLING', message: expect.stringContaining(name) as string };
  expect(() => resolveSampling({ [name]: value })).toThrow(expect.objectContaining(error));
});

test('settings come back from a picture', () => {
  const open = { noNaN: true, minExcluded: true } as const;
  const settings = fc.record<SamplingSettings>(
    {
      temperature: fc.double({ ...open, min: 0, max: 100 }),
      topK: fc.integer({ min: 1, max: 8192 }),
      topP: fc.double({ ...open, min: 0, max: 1 }),
      guidance: fc.double({ noNaN: true, min: 0, max: 100 }).map((value) => value + 0),
      seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      count: fc.integer({ min: 1, max: 1024 }),
    },
    { requiredKeys: ['temperature', 'topP', 'guidance', 'seed', 'count'] },
  );
  fc.assert(
    fc.property(settings, (value) => {
      expect(parseSampling(JSON.stringify(value))).toEqual(value);
    }),
    { numRuns: 300, seed: 1 },
  );
});

test.each([
  ['', 'temperature is missing'],
  ['null', 'temperature is missing'],
  ['[]', 'temperature is missing'],
  [JSON.stringify({ ...DEFAULT_SAMPLING, seed: 7 }).slice(0, -1), 'temperature is missing'],
  [JSON.stringify(DEFAULT_SAMPLING), 'seed is missing'],
  ['{"temperature":1,"topP":1,"guidance":1,"seed":1}', 'count is missing'],
  ['{"temperature":1,"topP":1,"guidance":1,"seed":1,"count":1e9}', 'count should be'],
  ['{"temperature":1,"topP":1,"guidance":1,"seed":1,"count":1,"__proto__":1}', 'there is no setting __proto__'],
])('%s is not of a picture of ours', (text, fault) => {
  const error = { name: 'FormatError', code: 'E_SAMPLING', message: expect.stringContaining(fault) as string };
  expect(() => parseSampling(text)).toThrow(expect.objectContaining(error));
});
