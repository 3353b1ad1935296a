/** slice: every box of every rank, element for element; padding a tensor and slicing it gives it back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, referenceDevice, tensor } from '../../engine/index.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference, expectNumbers } from '../../test/helpers/identical.ts';
import { dtypes, hostileTensor, seeds, shapesFromRank } from '../../test/helpers/shapes.ts';
import { slice } from './slice.ts';

const cases = shapesFromRank(0).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    // Two cuts of every axis: the box lies between them.
    cuts: fc.tuple(...shape.map((size) => fc.tuple(fc.nat({ max: size - 1 }), fc.nat({ max: size - 1 })))),
    dtype: dtypes,
    seed: seeds,
  }),
);

describe('slice', () => {
  test('equals the reference for any box of any rank and dtype', async () => {
    await checkOnEveryVariant(cases, async (device, { shape, cuts, dtype, seed }) => {
      const begin = cuts.map(([p, q]) => Math.min(p, q));
      const size = cuts.map(([p, q]) => Math.abs(p - q) + 1);
      await expectIdenticalToReference(device, slice(hostileTensor(seed, shape, dtype), begin, size));
    });
  });

  test('a slice of a slice is one slice, and the whole box is the tensor', async () => {
    const device = await openTestDevice();
    const x = hostileTensor(5, [2, 9, 5, 7]);
    const [part] = await interpret([slice(x, [1, 4, 1, 3], [1, 3, 2, 2])]);
    await expectNumbers(device, slice(slice(x, [0, 1, 1, 2], [2, 8, 3, 5]), [1, 3, 0, 1], [1, 3, 2, 2]), part!);
    const [whole] = await interpret([x]);
    await expectNumbers(device, slice(x, [0, 0, 0, 0], x.shape), whole!);
  });

  test('by hand', async () => {
    const x = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
    for (const device of [referenceDevice, await openTestDevice()]) {
      await expectNumbers(device, slice(x, [0, 1], [2, 2]), [2, 3, 5, 6]);
      await expectNumbers(device, slice(x, [1, 2], [1, 1]), [6]);
    }
  });

  test('refuses boxes that are broken or reach beyond', () => {
    const x = tensor([1, 2, 3], [3]);
    expect(() => slice(x, [2], [2])).toThrow(/from \[2\] of size \[2\] reaches beyond x \[3\]/);
    expect(() => slice(x, [-1], [1])).toThrow(/begin\[0\] must be a whole number of at least 0, got -1/);
    expect(() => slice(x, [0], [0])).toThrow(/size\[0\] must be a whole number of at least 1, got 0/);
    expect(() => slice(x, [0, 0], [1, 1])).toThrow(/begin must have a number for each axis of \[3\]/);
  });
});
