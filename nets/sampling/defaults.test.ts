/** What model.json says about sampling is checked: a setting that is misspelt must not be dropped. */
import { expect, test } from 'vitest';
import { readSamplingDefaults } from './defaults.ts';

test('all of them, some, or none', () => {
  const all = { temperature: 0.8, topK: 32, topP: 0.9, guidance: 3 };
  expect(readSamplingDefaults(Object.entries(all))).toEqual(all);
  expect(readSamplingDefaults([['topP', 1]])).toEqual({ topP: 1 });
  expect(readSamplingDefaults([])).toEqual({});
});

test.each<[string, unknown]>([
  ['temperature', 0],
  ['temperature', NaN],
  ['temperature', '0.8'],
  ['topK', 0],
  ['topK', 1.5],
  ['topP', 0],
  ['topP', 1.1],
  ['guidance', -1],
  ['guidance', Infinity],
  ['top_k', 32],
  ['__proto__', 1],
  ['constructor', 1],
])('%s %o is refused', (name, value) => {
  expect(() => readSamplingDefaults([[name, value]])).toThrow(expect.objectContaining({ code: 'E_SAMPLING' }));
});
