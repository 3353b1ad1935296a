/**
 * The transformer against PyTorch: small random ones of every family, whole and token by token, and the trained emoji
 * model. Ours may be 16 times as far from float64 as PyTorch's own float32 is (design section 5).
 */
import { describe, expect, test } from 'vitest';
import { referenceDevice } from '../../engine/index.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { blockVariants, deviceVariants, openTestDevice, openVariant } from '../../test/helpers/devices.ts';
import { computeLogits, keepTransformers, type Logits } from '../../test/helpers/transformers.ts';
import {
  findCase,
  relativeCases,
  transformerCases,
  type TransformerCase,
} from '../../test/helpers/transformer-golden.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { imagePositions, textPositions } from './architecture.ts';
import { Transformer } from './transformer.ts';

const load = keepTransformers();

function expectLogits(actual: Logits, { name, errors, textLogits, imageLogits }: TransformerCase, times = 16): void {
  expectClose(actual.text, textLogits, times * errors.textLogits.maxError, { label: `${name} text` });
  expectClose(actual.image, imageLogits, times * errors.imageLogits.maxError, { label: `${name} image` });
}

describe('whole sequences equal PyTorch', () => {
  test.each(transformerCases)('$name', async (given) => {
    expectLogits(await computeLogits(await openTestDevice(), given), given);
  });

  test.each(transformerCases)('$name, by the reference', async (given) => {
    expectLogits(await computeLogits(referenceDevice, given), given, 1);
  });

  test.each([...deviceVariants, ...blockVariants])('on $name', async (variant) => {
    const given = findCase('paper-odd');
    expectLogits(await computeLogits(await openVariant(variant), given), given);
  });

  test.each([
    ...['pack_linear', 'norm_on_read', 'activation_on_write', 'branch_on_write'],
    ...['rotary_on_write', 'norm_on_append'],
  ])('without %s', async (name) => {
    for (const given of [findCase('paper'), findCase('dalle-pytorch-old'), findCase('rotary-keys')]) {
      expectLogits(await computeLogits(await openTestDevice(), given, { without: [name] }), given);
    }
  });

  test.each(relativeCases)('$name, on the CPU device', async (given) => {
    expectLogits(await computeLogits(openCpuTestDevice(), given), given);
  });

  test('without any rewrite', async () => {
    const given = findCase('malevich-wrap');
    expectLogits(await computeLogits(await openTestDevice(), given, { rules: [] }), given);
  });
});

describe('texts become the rows that the original class made of them', () => {
  test.each(relativeCases)('$name', async (given) => {
    const transformer = await load(referenceDevice, given);
    const rows = given.words!.map(async (words) => {
      const tokenizer = { vocabularySize: 20, encode: () => words, decode: () => '' } as unknown as Tokenizer;
      return (await transformer.prepareText(tokenizer, 'words')).text;
    });
    expect((await Promise.all(rows)).flatMap((row) => [...row])).toEqual([...given.text]);
  });
});

/**
 * Logits of each position of a grid row by row: rows `position` of [S, H·W, V], candidate b being of sequence ⌊b·S/B⌋.
 */
function pickRows(given: TransformerCase, position: number, batch: number, sequences: number): Float64Array {
  const { image_vocab } = given.architecture;
  const count = imagePositions(given.architecture);
  const rows = Array.from({ length: batch }, (_, b) => Math.floor((b * sequences) / batch) * count + position);
  return Float64Array.from(
    rows.flatMap((row) => [...given.imageLogits.subarray(row * image_vocab, (row + 1) * image_vocab)]),
  );
}

/** Feeds the golden's tokens one by one and compares the logits behind each; gives all that was computed. */
async function decodeGiven(
  transformer: Transformer,
  given: TransformerCase,
  batch: number,
  sequences: number,
  steps: number = imagePositions(given.architecture) - 1,
): Promise<Float32Array[]> {
  const count = imagePositions(given.architecture);
  const text = given.text.subarray(0, sequences * textPositions(given.architecture));
  const decoding = await transformer.begin(text, batch);
  const results = [decoding.first];
  for (let position = 0; position < steps; position++) {
    const tokens = Int32Array.from(
      { length: batch },
      (_, b) => given.image[Math.floor((b * sequences) / batch) * count + position]!,
    );
    results.push(await decoding.step(tokens));
  }
  decoding.dispose();
  results.forEach((logits, position) => {
    expectClose(logits, pickRows(given, position, batch, sequences), 16 * given.errors.imageLogits.maxError, {
      label: `${given.name}, ${position} tokens, batch ${batch} of ${sequences}`,
    });
  });
  return results;
}

describe('decoding token by token equals whole sequences after every prefix', () => {
  test.each(transformerCases)('$name', async (given) => {
    await decodeGiven(await load(await openTestDevice(), given), given, 2, 2);
  });

  test('on the reference device', async () => {
    const given = findCase('paper');
    await decodeGiven(await load(referenceDevice, given), given, 2, 1, 6);
  });

  test.each(relativeCases)('$name, on the CPU device', async (given) => {
    await decodeGiven(await load(openCpuTestDevice(), given), given, 2, 2);
  });

  test.each(deviceVariants)('on $name', async (variant) => {
    const given = findCase('paper-odd');
    await decodeGiven(await load(await openVariant(variant), given), given, 2, 2);
  });

  test('for one text and 1 to 8 candidates, and for two', async () => {
    const given = findCase('mindalle');
    const transformer = await load(await openTestDevice(), given);
    for (let batch = 1; batch <= 8; batch++) await decodeGiven(transformer, given, batch, 1, 5);
    for (let batch = 2; batch <= 8; batch += 2) await decodeGiven(transformer, given, batch, 2, 5);
  });

  test('a second time on the same plans, bit for bit', async () => {
    const given = findCase('paper');
    const transformer = await load(await openTestDevice(), given);
    const first = await decodeGiven(transformer, given, 2, 2);
    // Another picture in between leaves other keys and values in the caches.
    const other = await transformer.begin(given.text, 2);
    for (let step = 0; step < 9; step++) await other.step(Int32Array.of(step, 20 - step));
    other.dispose();
    expect(await decodeGiven(transformer, given, 2, 2)).toEqual(first);
  });

  test.each(['paper', 'paper-odd', 'rotary-keys', 'v2-4'])(
    '%s: rows of an image that are read at once',
    async (name) => {
      const given = findCase(name);
      const { text, image, architecture, errors } = given;
      const transformer = await load(await openTestDevice(), given);
      const decoding = await transformer.begin(text.subarray(0, textPositions(architecture)), 3);
      const expectNext = (logits: Float32Array): void => {
        const wanted = pickRows(given, decoding.position, 3, 1);
        expectClose(logits, wanted, 16 * errors.imageLogits.maxError, { label: `${name} at ${decoding.position}` });
      };
      const columns = architecture.grid[1];
      for (let row = 0; row < 2; row++)
        expectNext(await decoding.readRow(image.subarray(row * columns, (row + 1) * columns)));
      for (let step = 0; step < 3; step++) {
        expectNext(await decoding.step(new Int32Array(3).fill(image[decoding.position]!)));
      }
      decoding.dispose();
    },
  );

  test('the best token picked on the device is the best of the logits', async () => {
    const given = findCase('paper');
    const transformer = await load(await openTestDevice(), given);
    const decoding = await transformer.begin(given.text, 2);
    const { image_vocab } = given.architecture;
    for (let position = 0; position < 5; position++) {
      const tokens = Int32Array.of(given.image[position]!, given.image[20 + position]!);
      const { tokens: best, logProbability } = await decoding.stepGreedy(tokens);
      const rows = pickRows(given, position + 1, 2, 2);
      best.forEach((token, b) => {
        const row = rows.subarray(b * image_vocab, (b + 1) * image_vocab);
        expect(token).toBe(row.indexOf(Math.max(...row)));
        const total = row.reduce((sum, logit) => sum + Math.exp(logit - row[token]!), 0);
        expect(Math.abs(logProbability[b]! + Math.log(total))).toBeLessThan(1e-4);
      });
    }
    decoding.dispose();
  });
});
