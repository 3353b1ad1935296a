/**
 * The trained emoji transformer of the package against PyTorch on the same weights, which are halves: logits at the
 * stored positions, given all tokens before, and the tokens that greed picks one by one.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectClose } from '../../test/helpers/close.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { loadEmojiErrors, loadEmojiReference, openEmojiTransformer } from '../../test/helpers/transformer-golden.ts';
import { Transformer } from './transformer.ts';

const sequences = 2;
const places = 256;
const vocabulary = 1024;

/** The reference holds float64 rounded to float32: half a unit in the last place of logits below 32. */
const stored = 2 ** -20;

let transformer: Transformer;
let reference: Awaited<ReturnType<typeof loadEmojiReference>>;
const { imageLogits } = loadEmojiErrors();
const bound = 16 * imageLogits.maxError + stored;

beforeAll(async () => {
  transformer = new Transformer(await openEmojiTransformer(), { device: await openTestDevice() });
  reference = await loadEmojiReference();
});
afterAll(() => transformer.dispose());

const tokensOf = (name: string): Int32Array => Int32Array.from(reference.get(name)!);

describe('the trained emoji transformer equals PyTorch', () => {
  test('logits of a whole sequence', async () => {
    const logits = await transformer.imageLogits(tokensOf('text_tokens'), tokensOf('image_tokens'));
    const positions = tokensOf('image_positions');
    const kept = Array.from({ length: sequences }, (_, sequence) =>
      Array.from(positions, (position) => {
        const start = (sequence * places + position) * vocabulary;
        return [...logits.subarray(start, start + vocabulary)];
      }),
    ).flat(2);
    const { maxError } = expectClose(kept, reference.get('half.image_logits')!, bound);
    expect(maxError).toBeGreaterThan(0);
  });

  test('greedy tokens, one by one', async () => {
    const [expected, gaps] = [tokensOf('half.greedy'), reference.get('half.greedy_gap')!];
    const decoding = await transformer.begin(tokensOf('text_tokens'), sequences);
    const drawn = Array.from({ length: sequences }, (_, s) => [
      indexOfLargest(decoding.first.subarray(s * vocabulary, (s + 1) * vocabulary)),
    ]);
    while (decoding.position < places - 1) {
      const { tokens } = await decoding.stepGreedy(Int32Array.from(drawn, (row) => row.at(-1)!));
      tokens.forEach((token, s) => drawn[s]!.push(token));
    }
    decoding.dispose();
    drawn.forEach((tokens, s) => {
      const wanted = expected.subarray(s * places, (s + 1) * places);
      const first = tokens.findIndex((token, place) => token !== wanted[place]);
      // Beyond a token that differs the two go different ways; it may differ only where the best two logits tie.
      if (first >= 0) expect(gaps[s * places + first], `text ${s}, token ${first}`).toBeLessThan(2 * bound);
      else expect(tokens).toEqual([...wanted]);
    });
  });
});

function indexOfLargest(numbers: Float32Array): number {
  return numbers.reduce((best, value, index) => (value > numbers[best]! ? index : best), 0);
}
