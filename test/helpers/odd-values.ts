/**
 * What may stand where another value belongs, in any JSON that somebody else wrote. `spoil` puts each of them in the
 * place of each value of a document, one at a time.
 */

const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** As JSON, since not all of them can be made otherwise: a number beyond all, a key called `__proto__`. */
const ODD_VALUES: readonly string[] = [
  ...['null', 'true', '0', '-1', '1.5', '1e400', '9007199254740993', '""', '"x"', '"../x"', '"a\\u0000\\u001b[31m"'],
  ...['[]', '{}', '[[]]', '[[1e400]]', '[null]', '{"a":1}', '{"toString":1,"valueOf":1}', '{"__proto__":{"x":1}}'],
  ...['{"length":1000000000}', '{"toJSON":1,"then":1}', `"${'x'.repeat(100_000)}"`, deep(90), deep(5000)],
];

/** Whole files that are no document of any kind. */
export const ODD_FILES: readonly (readonly [name: string, bytes: Uint8Array | string])[] = [
  ['nothing', ''],
  ['a zero byte', '\0'],
  ['noise', Uint8Array.from({ length: 999 }, (_, i) => (i * 7919 + (i >> 3)) & 255)],
  ['half a letter', Uint8Array.of(0x7b, 0x22, 0xc3)],
  ['a byte order mark', '\ufeff{}'],
  ['a million brackets', deep(1_000_000)],
  ['a million braces', '{"a":'.repeat(1_000_000)],
  ...ODD_VALUES.map((value): [string, string] => [value.slice(0, 30), value]),
];

/** Where the value was, and the text of the document with an odd one in its place. */
export function* spoil(document: unknown): Generator<readonly [place: string, text: string]> {
  const mark = '"@ the odd value @"';
  for (const path of listPlaces(document)) {
    const text = JSON.stringify(replaceAt(document, path, JSON.parse(mark)));
    for (const odd of ODD_VALUES) yield [`${path.join('.')} = ${odd.slice(0, 30)}`, text.replace(mark, () => odd)];
  }
}

/** Of a long list or a large vocabulary, the first few. */
function listPlaces(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  const inner = Object.entries(value).slice(0, 30);
  return [[], ...inner.flatMap(([key, child]) => listPlaces(child).map((path) => [key, ...path]))];
}

function replaceAt(value: unknown, [key, ...rest]: readonly string[], replacement: unknown): unknown {
  if (key === undefined) return replacement;
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...(value as object) };
  copy[key] = replaceAt(copy[key], rest, replacement);
  return copy;
}
