/** argmax: the first of equals on every axis of every rank, never a lane that does not exist, -1 for NaN. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { referenceDevice, sizeOf, tensor } from '../../engine/index.ts';
import { deviceVariants, openTestDevice, openVariant } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference, expectNumbers } from '../../test/helpers/identical.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { hostileTensor, seeds, shapesFromRank } from '../../test/helpers/shapes.ts';
import { argmax } from './argmax.ts';

const cases = shapesFromRank(1).chain((shape) =>
  fc.record({ shape: fc.constant(shape), axis: fc.nat({ max: shape.length - 1 }), seed: seeds }),
);

const smallTextures = deviceVariants.find(({ options }) => options.maxTextureSize === 64)!;

describe('argmax', () => {
  test('equals the reference where many values are equal and all are negative', async () => {
    await checkOnEveryVariant(cases, async (device, { shape, axis, seed }) => {
      const x = tensor(createRandom(seed).integers(sizeOf(shape), -4, -1), shape);
      await expectIdenticalToReference(device, argmax(x, axis));
    });
  });

  test('equals the reference among infinities and NaN', async () => {
    await checkOnEveryVariant(cases, async (device, { shape, axis, seed }) => {
      await expectIdenticalToReference(device, argmax(hostileTensor(seed, shape), axis));
    });
  });

  test('by hand: first of equals, -1 for NaN even beside Infinity, 0 where all are -Infinity', async () => {
    const rows = [
      [1, 7, 7, 0, 7],
      [NaN, Infinity, 2, 3, 4],
      [5, 6, 7, 8, NaN],
      [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
      [-5, -4, -3, -2, -1],
      [0, 1, Infinity, Infinity, NaN],
    ];
    const x = tensor(rows.flat(), [6, 5]);
    const columns = tensor(
      rows[0]!.flatMap((_, at) => rows.map((row) => row[at]!)),
      [5, 6],
    );
    for (const device of [referenceDevice, await openTestDevice()]) {
      await expectNumbers(device, argmax(x, -1), [1, -1, -1, 0, 4, -1]);
      await expectNumbers(device, argmax(columns, 0), [1, -1, -1, 0, 4, -1]);
    }
    expect(argmax(x, 1)).toMatchObject({ shape: [6], dtype: 'i32' });
  });

  test('results that fill several layers of a texture', async () => {
    const x = tensor(createRandom(9).integers(3 * 130 * 260, -4, 4), [1, 3, 130, 260]);
    await expectIdenticalToReference(await openVariant(smallTextures), argmax(x, 1));
  });

  test('refuses an axis that is not there', () => {
    expect(() => argmax(tensor([1], [1]), 1)).toThrow(/argmax: axis must be within \[-1, 0\], got 1/);
    expect(() => argmax(tensor([1], []), 0)).toThrow(/argmax: axis/);
  });
});
