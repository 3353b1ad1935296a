/** JSON is read as `JSON.parse` reads it, up to a depth and a length. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from './parse-json.ts';

const nest = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

test('gives what JSON.parse gives', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), (text) => {
      expect(parseJson(text)).toEqual(JSON.parse(text));
    }),
  );
  expect(parseJson(nest(100))).toEqual(JSON.parse(nest(100)));
});

test('brackets in texts are no levels, whatever is escaped before them', () => {
  const text = '[['.repeat(200);
  for (const value of [text, `\\${text}`, `"${text}`, `\\"${text}`, `${text}\\`]) {
    expect(parseJson(JSON.stringify({ value }))).toEqual({ value });
  }
});

test.each([101, 1_000_000, 8_000_000])('%i levels are refused at once', (levels) => {
  for (const text of [nest(levels), '{"a":'.repeat(levels), `["\\\\",${nest(levels)}]`].map((long) =>
    long.slice(0, 16_000_000),
  )) {
    expect(() => parseJson(text)).toThrow(RangeError);
  }
});

test('a text that is too long, and one that is no JSON, are told apart', () => {
  expect(() => parseJson(' '.repeat(17 * 1024 * 1024))).toThrow(RangeError);
  for (const text of ['', '[', '"', '"\\', '{]', 'NaN']) expect(() => parseJson(text), text).toThrow(SyntaxError);
});

test('a key called __proto__ is a key', () => {
  const value = parseJson('{"__proto__": {"polluted": 1}}') as object;
  expect(Object.keys(value)).toEqual(['__proto__']);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});
