/** embed: rows of tokens plus rows of positions, NaN for what is not in a table. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { referenceDevice, tensor } from '../../engine/index.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference, expectNumbers } from '../../test/helpers/identical.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { integerTensor, seeds } from '../../test/helpers/shapes.ts';
import { embed } from './embedding.ts';

const cases = fc.record({
  sequences: fc.integer({ min: 1, max: 9 }),
  count: fc.integer({ min: 1, max: 9 }),
  vocabulary: fc.integer({ min: 1, max: 70 }),
  length: fc.integer({ min: 1, max: 70 }),
  width: fc.integer({ min: 1, max: 9 }),
  seed: seeds,
});

describe('embed', () => {
  test('equals the reference, tokens and positions beyond their tables among them', async () => {
    await checkOnEveryVariant(cases, async (device, { sequences, count, vocabulary, length, width, seed }) => {
      const random = createRandom(seed);
      const tokens = tensor(random.integers(sequences * count, 0, vocabulary), [sequences, count], 'i32');
      const table = integerTensor(random, [vocabulary, width], -99, 99);
      const positions = integerTensor(random, [length, width], -99, 99);
      const start = tensor(random.integers(1, 0, length), [1], 'i32');
      await expectIdenticalToReference(device, embed(tokens, table, positions, start));
    });
  });

  test('by hand', async () => {
    const table = tensor([1, 2, 3, 4], [2, 2]);
    const positions = tensor([10, 20, 30, 40, 50, 60], [3, 2]);
    const tokens = tensor([1, 0, 0, 2], [2, 2], 'i32');
    for (const device of [referenceDevice, await openTestDevice()]) {
      await expectNumbers(device, embed(tokens, table, positions, tensor([1], [1], 'i32')), [
        33,
        44,
        51,
        62,
        31,
        42,
        NaN,
        NaN,
      ]);
    }
  });

  test('refuses other shapes and types', () => {
    const [tokens, table, start] = [tensor([0], [1, 1], 'i32'), tensor([1], [1, 1]), tensor([0], [1], 'i32')];
    expect(() => embed(table, table, table, start)).toThrow(/must be i32, got f32 and i32/);
    expect(() => embed(tokens, table, tensor([1, 2], [1, 2]), start)).toThrow(
      /positions \[T, D\].* got \[1, 1\], \[1, 1\], \[1, 2\], \[1\]/,
    );
  });
});
