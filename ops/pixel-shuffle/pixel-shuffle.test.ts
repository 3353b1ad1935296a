/** pixelShuffle: every number once, where PyTorch's pixel_shuffle has it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { referenceDevice, tensor } from '../../engine/index.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference, expectNumbers } from '../../test/helpers/identical.ts';
import { dtypes, hostileTensor, seeds, shapesOfRank } from '../../test/helpers/shapes.ts';
import { pixelShuffle } from './pixel-shuffle.ts';

describe('pixelShuffle', () => {
  test('equals the reference for any shape, dtype and scale', async () => {
    const cases = fc.record({
      shape: shapesOfRank(4, 1000),
      scale: fc.constantFrom(1, 2, 2, 3),
      dtype: dtypes,
      seed: seeds,
    });
    await checkOnEveryVariant(
      cases,
      async (device, { shape, scale, dtype, seed }) => {
        const [batch, channels, ...map] = shape as [number, number, number, number];
        const x = hostileTensor(seed, [batch, channels * scale ** 2, ...map], dtype);
        await expectIdenticalToReference(device, pixelShuffle(x, scale));
      },
      3,
    );
  });

  test('by hand: two channels of one by two pixels', async () => {
    // Channels of the upper left, upper right, lower left and lower right pixel of a square, for each channel.
    const x = tensor(
      Array.from({ length: 16 }, (_, i) => i),
      [1, 8, 1, 2],
    );
    const expected = [0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15];
    for (const device of [referenceDevice, await openTestDevice(), openCpuTestDevice()]) {
      await expectNumbers(device, pixelShuffle(x), expected);
    }
    expect(pixelShuffle(x).shape).toEqual([1, 2, 2, 4]);
  });

  test('refuses other ranks, channels and scales', () => {
    const x = tensor(new Float32Array(12), [1, 6, 1, 2]);
    expect(() => pixelShuffle(tensor([1, 2], [1, 2]))).toThrow(/must be images/);
    expect(() => pixelShuffle(x)).toThrow(/channels of x must be a multiple of 2².*\[1, 6, 1, 2\]/);
    expect(() => pixelShuffle(x, 1.5)).toThrow(/scale must be a whole number .* got 1.5/);
  });
});
