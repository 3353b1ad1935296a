/**
 * sum, mean and max over any axes of any rank: integers exactly, Gaussian sums within the sharp bound, NaN and
 * infinities as IEEE 754 has them, and the laws that tie them together.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, referenceDevice, sizeOf, tensor } from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import { gaussianBound } from '../../test/helpers/bounds.ts';
import { expectSameAsReference, openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference, expectNumbers } from '../../test/helpers/identical.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { hostileTensor, seeds, shapesFromRank } from '../../test/helpers/shapes.ts';
import { max, mean, sum } from './reduce.ts';

interface Case {
  readonly shape: number[];
  readonly axes: number[];
  readonly keepDims: boolean;
  readonly seed: number;
}

const cases: fc.Arbitrary<Case> = shapesFromRank(0).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axes: fc.subarray(shape.map((_, axis) => axis)),
    keepDims: fc.boolean(),
    seed: seeds,
  }),
);

function gaussians({ shape, seed }: Case): Tensor {
  return tensor(createRandom(seed).gaussians(sizeOf(shape)), shape);
}

describe('sum, mean and max', () => {
  test('sum: integers are exact, i32 stays i32 and halves are summed as floats', async () => {
    const typed = fc.tuple(cases, fc.constantFrom('i32', 'f16'));
    await checkOnEveryVariant(typed, async (device, [{ shape, axes, keepDims, seed }, dtype]) => {
      const x = tensor(createRandom(seed).integers(sizeOf(shape), -1000, 1000), shape, dtype);
      expect(sum(x, axes, keepDims).dtype).toBe(dtype === 'i32' ? 'i32' : 'f32');
      await expectIdenticalToReference(device, sum(x, axes, keepDims));
    });
  });

  test('sum and mean: Gaussian numbers keep the sharp bound', async () => {
    await checkOnEveryVariant(
      cases,
      async (device, given) => {
        const x = gaussians(given);
        const [values] = await interpret([x]);
        const squares = tensor(
          values!.map((value) => value * value),
          given.shape,
        );
        const [sumOfSquares] = await interpret([sum(squares, given.axes, given.keepDims)]);
        const count = sizeOf(given.shape) / sumOfSquares!.length;
        const bound = (index: number): number => gaussianBound(count, sumOfSquares![index]!);
        await expectSameAsReference(device, sum(x, given.axes, given.keepDims), bound);
        await expectSameAsReference(device, mean(x, given.axes, given.keepDims), (index) => bound(index) / count);
      },
      3,
    );
  });

  test('max: exact with infinities and NaN, and blind to the zeros beside negative numbers', async () => {
    await checkOnEveryVariant(
      cases,
      async (device, { shape, axes, keepDims, seed }) => {
        await expectIdenticalToReference(device, max(hostileTensor(seed, shape), axes, keepDims));
        const negative = createRandom(seed)
          .gaussians(sizeOf(shape))
          .map((value) => -1 - Math.abs(value));
        await expectIdenticalToReference(device, max(tensor(negative, shape), axes, keepDims));
      },
      3,
    );
  });

  test('reducing axes one after another is reducing them at once', async () => {
    const device = await openTestDevice();
    const x = tensor(createRandom(3).integers(2 * 5 * 3 * 9, -99, 99), [2, 5, 3, 9], 'i32');
    for (const reduce of [sum, max]) {
      const [atOnce] = await interpret([reduce(x, [1, 3])]);
      await expectNumbers(device, reduce(reduce(x, [3]), [1]), atOnce!);
      await expectNumbers(device, reduce(reduce(x, [1], true), [-1]), atOnce!);
    }
  });

  test('a small matrix, by hand', async () => {
    const x = tensor([1, 2, 3, -4, 5, -9], [2, 3]);
    for (const device of [referenceDevice, await openTestDevice()]) {
      await expectNumbers(device, sum(x), [-2]);
      await expectNumbers(device, sum(x, [0]), [-3, 7, -6]);
      await expectNumbers(device, mean(x, [1], true), [2, -8 / 3].map(Math.fround));
      await expectNumbers(device, max(x, [-1]), [3, 5]);
      await expectNumbers(device, max(tensor([-3, -1, -2], [3])), [-1]);
      await expectNumbers(device, max(tensor([1, NaN, Infinity], [3])), [NaN]);
      await expectNumbers(device, sum(x, []), [1, 2, 3, -4, 5, -9]);
    }
    expect(mean(x, [1], true).shape).toEqual([2, 1]);
    expect(sum(x, [1]).shape).toEqual([2]);
  });

  test('refuses axes that are missing or named twice', () => {
    const x = tensor([1, 2], [1, 2]);
    expect(() => sum(x, [2])).toThrow(/sum: axis must be within \[-2, 1\], got 2/);
    expect(() => max(x, [1, -1])).toThrow(/max: axes must differ from each other, got \[1, -1\]/);
  });
});
