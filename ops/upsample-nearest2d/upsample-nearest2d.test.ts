/** upsampleNearest2d: every pixel repeated, nothing mixed; pooling it again gives the picture back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, referenceDevice, tensor } from '../../engine/index.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference, expectNumbers } from '../../test/helpers/identical.ts';
import { dtypes, hostileTensor, seeds, shapesOfRank } from '../../test/helpers/shapes.ts';
import { maxPool2d } from '../max-pool2d/max-pool2d.ts';
import { upsampleNearest2d } from './upsample-nearest2d.ts';

describe('upsampleNearest2d', () => {
  test('equals the reference for any shape, dtype and scale', async () => {
    const cases = fc.record({
      shape: shapesOfRank(4, 4000),
      scale: fc.constantFrom(1, 2, 2, 3),
      dtype: dtypes,
      seed: seeds,
    });
    await checkOnEveryVariant(cases, async (device, { shape, scale, dtype, seed }) => {
      await expectIdenticalToReference(device, upsampleNearest2d(hostileTensor(seed, shape, dtype), scale));
    });
  });

  test('is undone by maxPool2d of the same size', async () => {
    const smaller = fc.record({ shape: shapesOfRank(4, 1000), scale: fc.constantFrom(2, 3), seed: seeds });
    await checkOnEveryVariant(
      smaller,
      async (device, { shape, scale, seed }) => {
        const x = hostileTensor(seed, shape);
        const [values] = await interpret([x]);
        await expectNumbers(device, maxPool2d(upsampleNearest2d(x, scale), scale), values!);
      },
      2,
    );
  });

  test('repeats pixels across and down', async () => {
    const x = tensor([1, 2, NaN, 4], [1, 2, 1, 2]);
    const twice = [1, 1, 2, 2, 1, 1, 2, 2, NaN, NaN, 4, 4, NaN, NaN, 4, 4];
    for (const device of [referenceDevice, await openTestDevice()])
      await expectNumbers(device, upsampleNearest2d(x), twice);
  });

  test('refuses other ranks and broken scales', () => {
    expect(() => upsampleNearest2d(tensor([1, 2], [1, 2]))).toThrow(/must be images/);
    expect(() => upsampleNearest2d(tensor([1], [1, 1, 1, 1]), 1.5)).toThrow(/scale must be a whole number .* got 1.5/);
  });
});
