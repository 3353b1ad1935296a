/** maxPool2dByX: one pixel of each window, which one PyTorch 1.13.1 says too. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, referenceDevice, sizeOf, tensor } from '../../engine/index.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference, expectNumbers } from '../../test/helpers/identical.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { seeds, shapesOfRank } from '../../test/helpers/shapes.ts';
import { maxPool2d, mul, sum } from '../index.ts';
import { maxPool2dByX } from './max-pool2d-by-x.ts';

describe('maxPool2dByX', () => {
  test('equals the reference where numbers are equal, infinite or NaN', async () => {
    const given = fc.record({ shape: shapesOfRank(4), size: fc.constantFrom(1, 2, 2, 3), seed: seeds });
    await checkOnEveryVariant(
      given,
      async (device, { shape, size, seed }) => {
        const [batch, channels, height, width] = shape as [number, number, number, number];
        const map = [Math.max(height, size), Math.max(width, size)] as const;
        const random = createRandom(seed);
        const few = [-Infinity, -1, -0, 0, 1, 2, Infinity, NaN];
        const numbers = Float32Array.from({ length: batch * channels * map[0] * map[1] }, () => {
          return few[random.integer(0, few.length - 1)]!;
        });
        const pooled = [batch, channels, ...map.map((side) => Math.floor(side / size))];
        const cotangent = tensor(random.integers(sizeOf(pooled), -4095, 4095), pooled);
        await expectIdenticalToReference(
          device,
          maxPool2dByX(cotangent, tensor(numbers, [batch, channels, ...map]), size),
        );
      },
      2,
    );
  });

  test('as PyTorch: the first of equal numbers, the last NaN, and zeros beside windows', async () => {
    const rows = [
      [1, 1, 2, 3, NaN, 1, 1, NaN, -Infinity, -Infinity, 9],
      [1, 1, 3, 0, NaN, 2, NaN, 5, -Infinity, -Infinity, 9],
      [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9],
    ];
    const expected = [
      [7, 0, 0, 8, 0, 0, 0, 0, 11, 0, 0],
      [0, 0, 0, 0, 9, 0, 10, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ];
    const cotangent = tensor([7, 8, 9, 10, 11], [1, 1, 1, 5]);
    for (const device of [referenceDevice, await openTestDevice(), openCpuTestDevice()]) {
      await expectNumbers(device, maxPool2dByX(cotangent, tensor(rows.flat(), [1, 1, 3, 11]), 2), expected.flat());
    }
  });

  test('Σ pool(x) · g = Σ x · by x(g)', async () => {
    const random = createRandom(3);
    const x = tensor(random.integers(2 * 3 * 8 * 10, -99, 99), [2, 3, 8, 10]);
    const g = tensor(random.integers(2 * 3 * 4 * 5, -99, 99), [2, 3, 4, 5]);
    const [left, right] = await interpret([sum(mul(maxPool2d(x), g)), sum(mul(x, maxPool2dByX(g, x, 2)))]);
    expect(right).toEqual(left);
  });

  test('refuses a cotangent of another shape', () => {
    const [x, g] = [tensor(new Float32Array(16), [1, 1, 4, 4]), tensor([1, 2], [1, 1, 1, 2])];
    expect(() => maxPool2dByX(g, x, 2)).toThrow(/must be \[1, 1, 2, 2\] as the pool of x is, got \[1, 1, 1, 2\]/);
  });
});
