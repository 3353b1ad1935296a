/** oneHot: a single 1 along any axis, undone by argmax, NaN for what has no place. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { referenceDevice, sizeOf, tensor } from '../../engine/index.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference, expectNumbers } from '../../test/helpers/identical.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { seeds, shapesOfRank } from '../../test/helpers/shapes.ts';
import { argmax } from '../argmax/argmax.ts';
import { oneHot } from './one-hot.ts';

const cases = fc.integer({ min: 0, max: 3 }).chain((rank) =>
  fc.record({
    shape: shapesOfRank(rank, 150),
    depth: fc.constantFrom(1, 3, 4, 5, 63, 64, 65),
    axis: fc.integer({ min: -rank - 1, max: rank }),
    seed: seeds,
  }),
);

describe('oneHot', () => {
  test('equals the reference for any rank, depth and axis, indices that are too large among them', async () => {
    await checkOnEveryVariant(cases, async (device, { shape, depth, axis, seed }) => {
      const indices = tensor(createRandom(seed).integers(sizeOf(shape), -1, depth), shape, 'i32');
      await expectIdenticalToReference(device, oneHot(indices, depth, axis));
    });
  });

  test('then argmax gives the indices back, -1 for those that have no place', async () => {
    await checkOnEveryVariant(
      cases,
      async (device, { shape, depth, axis, seed }) => {
        const indices = createRandom(seed).integers(sizeOf(shape), 0, depth);
        const expected = indices.map((index) => (index < depth ? index : -1));
        await expectNumbers(device, argmax(oneHot(tensor(indices, shape, 'i32'), depth, axis), axis), expected);
      },
      3,
    );
  });

  test('by hand', async () => {
    const indices = tensor([1, 0, 2, -1], [2, 2], 'i32');
    for (const device of [referenceDevice, await openTestDevice()]) {
      await expectNumbers(device, oneHot(indices, 2), [0, 1, 1, 0, NaN, NaN, NaN, NaN]);
      await expectNumbers(device, oneHot(indices, 2, 0), [0, 1, NaN, NaN, 1, 0, NaN, NaN]);
    }
  });

  test('refuses indices that are not whole, broken depths, and rank 4', () => {
    const indices = tensor([0], [1], 'i32');
    expect(() => oneHot(tensor([0], [1]), 2)).toThrow(/indices must have dtype i32, got f32/);
    expect(() => oneHot(indices, 0)).toThrow(/depth must be a whole number of at least 1, got 0/);
    expect(() => oneHot(indices, 2, -3)).toThrow(/axis must be within \[-2, 1\], got -3/);
    expect(() => oneHot(tensor([0], [1, 1, 1, 1], 'i32'), 2)).toThrow(/up to four/);
  });
});
