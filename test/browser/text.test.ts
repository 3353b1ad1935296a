/** Tokenizers of all three kinds, and draws, in Chromium: the same numbers as in Node. */
import { expect, test } from 'vitest';
import { openTokenizer, resolveSampling, sampleToken, uniformAt } from '../../index.ts';
import { fixText } from '../../nets/tokenizer/fix-text.ts';
import type { TokenizerGolden } from '../helpers/tokenizer-golden.ts';

async function readGolden(name: string): Promise<TokenizerGolden> {
  const response = await fetch(new URL(`../golden/tokenizers/${name}.json`, import.meta.url));
  return (await response.json()) as TokenizerGolden;
}

test.each(['trained', 'wordpiece', 'byte-level'])('the %s tokenizer', async (name) => {
  const { tokenizer: file, cases } = await readGolden(name);
  const tokenizer = await openTokenizer(JSON.stringify(file));
  for (const { text, ids } of cases) expect(await tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
});

test('a tokenizer whose regular expression never ends is stopped, and the page goes on', async () => {
  const { tokenizer: file } = await readGolden('byte-level');
  const split = { type: 'Split', pattern: { Regex: '^(a+)+$' }, behavior: 'Isolated', invert: false };
  const tokenizer = await openTokenizer(JSON.stringify({ ...(file as object), pre_tokenizer: split }));
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 50);
  const encoding = Promise.resolve(tokenizer.encode(`${'a'.repeat(40)}!`));
  await expect(encoding).rejects.toMatchObject({ code: 'E_TOKENIZER_SLOW' });
  clearInterval(ticking);
  expect(ticks).toBeGreaterThan(10);
  expect((await tokenizer.encode('aa')).length).toBeGreaterThan(0);
  tokenizer.dispose?.();
});

test('CLIP’s list of merges, unpacked by the browser', async () => {
  const { merges, cases } = await readGolden('clip');
  const file = new Blob([`#version: 0.2\n${merges!.join('\n')}\n`]).stream().pipeThrough(new CompressionStream('gzip'));
  const tokenizer = await openTokenizer(new Uint8Array(await new Response(file).arrayBuffer()));
  const clean = cases.filter(({ text }) => fixText(text) === text); // the golden's definition repairs no text
  expect(clean.length).toBeGreaterThan(50);
  for (const { text, ids } of clean) expect(await tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
  expect(await tokenizer.encode('a\u0000b')).toEqual(await tokenizer.encode('ab'));
});

test('the tokens that docs/06-text-and-sampling.md prints', () => {
  const conditional = Float32Array.of(0.5, 2, 1.5, -1);
  const draws = Array.from({ length: 12 }, (_, position) => {
    return sampleToken({ conditional }, resolveSampling({ seed: 7 }), uniformAt(7, position)).token;
  });
  expect(draws.join(' ')).toBe('2 1 0 1 1 1 2 1 0 1 2 2');
});
