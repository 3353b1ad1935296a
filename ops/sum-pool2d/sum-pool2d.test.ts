/** sumPool2d: exact on integers for any size, and the adjoint of upsampleNearest2d. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, sizeOf, tensor } from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference } from '../../test/helpers/identical.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { seeds, shapesOfRank } from '../../test/helpers/shapes.ts';
import { mul, sum, upsampleNearest2d } from '../index.ts';
import { sumPool2d } from './sum-pool2d.ts';

const whole = (seed: number, ...shape: number[]): Tensor =>
  tensor(createRandom(seed).integers(sizeOf(shape), -4095, 4095), shape);

describe('sumPool2d', () => {
  test('equals the reference for any shape and window', async () => {
    const given = fc.record({ shape: shapesOfRank(4, 2000), size: fc.constantFrom(1, 2, 2, 3), seed: seeds });
    await checkOnEveryVariant(
      given,
      async (device, { shape, size, seed }) => {
        const [batch, channels, height, width] = shape as [number, number, number, number];
        await expectIdenticalToReference(
          device,
          sumPool2d(whole(seed, batch, channels, height * size, width * size), size),
        );
      },
      2,
    );
  });

  test('Σ upsample(x) · g = Σ x · pool(g)', async () => {
    const [x, g] = [whole(1, 2, 3, 4, 5), whole(2, 2, 3, 8, 10)];
    const [left, right] = await interpret([sum(mul(upsampleNearest2d(x), g)), sum(mul(x, sumPool2d(g, 2)))]);
    expect(right).toEqual(left);
  });

  test('refuses what windows do not fill', () => {
    expect(() => sumPool2d(whole(1, 1, 1, 4, 5), 2)).toThrow(/made of windows of 2×2, got \[1, 1, 4, 5\]/);
  });
});
