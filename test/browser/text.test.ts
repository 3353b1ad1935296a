/** Tokenizers of all three kinds, and draws, in Chromium: the same numbers as in Node. */
import { expect, test } from 'vitest';
import { openTokenizer, resolveSampling, sampleToken, uniformAt } from '../../index.ts';
import type { TokenizerGolden } from '../helpers/tokenizer-golden.ts';

async function readGolden(name: string): Promise<TokenizerGolden> {
  const response = await fetch(new URL(`../golden/tokenizers/${name}.json`, import.meta.url));
  return (await response.json()) as TokenizerGolden;
}

test.each(['trained', 'wordpiece', 'byte-level'])('the %s tokenizer', async (name) => {
  const { tokenizer: file, cases } = await readGolden(name);
  const tokenizer = await openTokenizer(JSON.stringify(file));
  for (const { text, ids } of cases) expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
});

test('CLIP’s list of merges, unpacked by the browser', async () => {
  const { merges, cases } = await readGolden('clip');
  const file = new Blob([`#version: 0.2\n${merges!.join('\n')}\n`]).stream().pipeThrough(new CompressionStream('gzip'));
  const tokenizer = await openTokenizer(new Uint8Array(await new Response(file).arrayBuffer()));
  for (const { text, ids } of cases) expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
});

test('the tokens that docs/06-text-and-sampling.md prints', () => {
  const conditional = Float32Array.of(0.5, 2, 1.5, -1);
  const draws = Array.from({ length: 12 }, (_, position) => {
    return sampleToken({ conditional }, resolveSampling({ seed: 7 }), uniformAt(7, position)).token;
  });
  expect(draws.join(' ')).toBe('2 1 0 1 1 1 2 1 0 1 2 2');
});
