/** maxPool2d: every window's largest value exactly, odd sizes cut as PyTorch cuts them, NaN kept. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { referenceDevice, tensor } from '../../engine/index.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference, expectNumbers } from '../../test/helpers/identical.ts';
import { dtypes, hostileTensor, seeds, shapesOfRank } from '../../test/helpers/shapes.ts';
import { maxPool2d } from './max-pool2d.ts';

describe('maxPool2d', () => {
  test('equals the reference for any shape, dtype and window', async () => {
    const cases = fc.record({ shape: shapesOfRank(4), size: fc.constantFrom(1, 2, 2, 3), dtype: dtypes, seed: seeds });
    await checkOnEveryVariant(cases, async (device, { shape, size, dtype, seed }) => {
      const [batch, channels, height, width] = shape as [number, number, number, number];
      const large = [batch, channels, Math.max(height, size), Math.max(width, size)];
      await expectIdenticalToReference(device, maxPool2d(hostileTensor(seed, large, dtype), size));
    });
  });

  test('leaves out the last odd row and column, and keeps NaN and the larger of two negatives', async () => {
    const x = tensor([-3, -1, 9, -2, -4, 9, NaN, 5, 9, 6, 7, 9, 9, 9, 9], [1, 1, 5, 3]);
    for (const device of [referenceDevice, await openTestDevice()])
      await expectNumbers(device, maxPool2d(x), [-1, NaN]);
  });

  test('refuses what has no windows', () => {
    expect(() => maxPool2d(tensor([1, 2], [2]))).toThrow(/must be images \[B, C, H, W\], got \[2\]/);
    expect(() => maxPool2d(tensor([1, 2], [1, 1, 1, 2]))).toThrow(/smaller than one window of 2×2/);
    expect(() => maxPool2d(tensor([1], [1, 1, 1, 1]), 0)).toThrow(/size must be a whole number of at least 1, got 0/);
  });
});
