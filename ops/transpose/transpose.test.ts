/** transpose: every order of the axes of every rank, and the opposite order gives the tensor back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, referenceDevice, tensor } from '../../engine/index.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference, expectNumbers } from '../../test/helpers/identical.ts';
import { dtypes, hostileTensor, seeds, shapesFromRank } from '../../test/helpers/shapes.ts';
import { transpose } from './transpose.ts';

const cases = shapesFromRank(0).chain((shape) => {
  const axes = shape.map((_, axis) => axis);
  const permutation = fc.shuffledSubarray(axes, { minLength: axes.length });
  return fc.record({ shape: fc.constant(shape), permutation, dtype: dtypes, seed: seeds });
});

describe('transpose', () => {
  test('equals the reference for any order of any rank and dtype', async () => {
    await checkOnEveryVariant(cases, async (device, { shape, permutation, dtype, seed }) => {
      await expectIdenticalToReference(device, transpose(hostileTensor(seed, shape, dtype), permutation));
    });
  });

  test('and back gives the tensor', async () => {
    await checkOnEveryVariant(
      cases,
      async (device, { shape, permutation, dtype, seed }) => {
        const x = hostileTensor(seed, shape, dtype);
        const [expected] = await interpret([x]);
        const back = permutation.map((_, axis) => permutation.indexOf(axis));
        await expectNumbers(device, transpose(transpose(x, permutation), back), expected!);
      },
      3,
    );
  });

  test('by hand: axis i of the result is axis permutation[i]', async () => {
    const x = tensor([1, 2, 3, 4, 5, 6], [1, 2, 3]);
    for (const device of [referenceDevice, await openTestDevice()]) {
      await expectNumbers(device, transpose(x, [2, 0, 1]), [1, 4, 2, 5, 3, 6]);
    }
    expect(transpose(x, [2, 0, 1]).shape).toEqual([3, 1, 2]);
  });

  test('refuses what is not an order of the axes', () => {
    const x = tensor([1, 2], [1, 2]);
    for (const permutation of [[0], [0, 0], [0, 2], [-1, 0], [0, 1, 2]]) {
      expect(() => transpose(x, permutation)).toThrow(/must name each of the 2 axes of \[1, 2\] once/);
    }
  });
});
