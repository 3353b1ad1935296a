/** flipWeights: its own inverse, and what makes conv2d its own adjoint. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, sizeOf, tensor } from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference, expectNumbers } from '../../test/helpers/identical.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { hostileTensor, seeds } from '../../test/helpers/shapes.ts';
import { castToFloat, conv2d, mul, sum } from '../index.ts';
import { flipWeights } from './flip-weights.ts';

describe('flipWeights', () => {
  test('equals the reference for any weight, and twice is the weight', async () => {
    const channel = fc.constantFrom(1, 3, 4, 9, 17);
    const side = fc.constantFrom(1, 2, 3, 7);
    const given = fc.record({ shape: fc.tuple(channel, channel, side, side), seed: seeds });
    await checkOnEveryVariant(
      given,
      async (device, { shape, seed }) => {
        const w = hostileTensor(seed, shape);
        await expectIdenticalToReference(device, flipWeights(w));
        await expectNumbers(device, flipWeights(flipWeights(w)), (await interpret([w]))[0]!);
      },
      2,
    );
  });

  test('Σ conv2d(x, w) · g = Σ x · conv2d(g, flipped w)', async () => {
    const random = createRandom(3);
    const whole = (...shape: number[]): Tensor => tensor(random.integers(sizeOf(shape), -8, 8), shape);
    const [x, g] = [whole(2, 3, 7, 9), whole(2, 4, 7, 9)];
    const w = castToFloat(tensor(random.integers(4 * 3 * 15, -8, 8), [4, 3, 3, 5], 'i32'));
    const [expected] = await interpret([sum(mul(conv2d(x, w), g))]);
    for (const device of [await openTestDevice(), openCpuTestDevice()]) {
      await expectNumbers(device, sum(mul(conv2d(g, flipWeights(w)), x)), expected!);
    }
  });

  test('refuses other ranks', () => {
    expect(() => flipWeights(tensor([1, 2], [2]))).toThrow(/must be \[O, I, KH, KW\], got \[2\]/);
  });
});
