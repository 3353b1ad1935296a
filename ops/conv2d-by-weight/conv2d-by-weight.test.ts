/**
 * conv2d_by_weight against its float64 loop on every device: exact on integers whatever the kernel, the padding and the
 * stride, within the sharp bound on Gaussian numbers; what it means, by conv2d itself; and the same bits however many
 * threads there are.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, run, sizeOf, tensor } from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import { gaussianBound } from '../../test/helpers/bounds.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { expectSameAsReference, openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectNumbers } from '../../test/helpers/identical.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { conv2d } from '../conv2d/conv2d.ts';
import { mul, standardRules, sum } from '../index.ts';
import { conv2dByWeight } from './conv2d-by-weight.ts';

interface Given {
  readonly batch: number;
  readonly channels: readonly [outChannels: number, inChannels: number];
  readonly map: readonly [height: number, width: number];
  readonly kernel: readonly [height: number, width: number];
  readonly stride: 1 | 2;
  readonly seed: number;
}

const channel = fc.constantFrom(1, 3, 4, 5, 8, 17, 70);
const given: fc.Arbitrary<Given> = fc
  .record({
    batch: fc.constantFrom(1, 2, 5),
    channels: fc.tuple(channel, channel),
    map: fc.tuple(fc.constantFrom(1, 2, 5, 8, 19), fc.constantFrom(1, 2, 5, 8, 16, 33, 67, 1030)),
    kernel: fc.tuple(fc.constantFrom(1, 1, 3, 4, 7), fc.constantFrom(1, 1, 3, 4, 7)),
    stride: fc.constantFrom(1 as const, 1 as const, 2 as const),
    seed: fc.integer(),
  })
  .filter(({ batch, channels, map, kernel }) => batch * sizeOf([...channels, ...map, ...kernel]) < 3e6)
  // llvmpipe stops loops after 2¹⁶ turns, and the naive shader makes four elements.
  .filter(({ batch, map }) => batch * sizeOf(map) < 2 ** 13);

/** Of a convolution with as many zeros above as below, or one more below. */
function byWeight({ batch, channels, map, kernel, stride, seed }: Given, draw: (count: number) => ArrayLike<number>) {
  const random = createRandom(seed);
  const before = kernel.map((size) => random.integer(0, size - 1)) as [number, number];
  const make = (shape: readonly number[]): Tensor => tensor(Float32Array.from(draw(sizeOf(shape))), shape);
  const inMap = map.map((size, axis) => Math.max(1, (size - 1) * stride + 1 - before[axis]! + random.integer(0, 3)));
  const cotangent = make([batch, channels[0], ...map]);
  return conv2dByWeight(cotangent, make([batch, channels[1], ...inMap]), kernel, { stride, before });
}

describe('conv2d_by_weight', () => {
  test('integers are exact', async () => {
    await checkOnEveryVariant(given, async (device, each) => {
      const random = createRandom(each.seed);
      const graph = byWeight(each, (count) => random.integers(count, -8, 8));
      await expectSameAsReference(device, graph, 0, { rules: [] });
      await expectSameAsReference(device, graph, 0, { rules: standardRules });
    });
  });

  test('Gaussian numbers keep the sharp bound', async () => {
    await checkOnEveryVariant(
      given,
      async (device, each) => {
        const draw = (change: (value: number) => number): Tensor => {
          const random = createRandom(each.seed);
          return byWeight(each, (count) => random.gaussians(count).map(change));
        };
        const [squares] = await interpret([draw((value) => value * value)]);
        const terms = each.batch * sizeOf(each.map);
        const bound = (index: number): number => gaussianBound(terms, squares![index]!);
        await expectSameAsReference(
          device,
          draw((value) => value),
          bound,
          { rules: standardRules },
        );
      },
      2,
    );
  });

  test('is what a change of the weight changes the result by', async () => {
    const random = createRandom(5);
    const whole = (...shape: number[]): Tensor => tensor(random.integers(sizeOf(shape), -8, 8), shape);
    const [x, w, cotangent] = [whole(2, 3, 7, 9), whole(4, 3, 3, 5), whole(2, 4, 7, 9)];
    const [left] = await interpret([sum(mul(conv2d(x, w), cotangent))]);
    for (const device of [await openTestDevice(), openCpuTestDevice()]) {
      await expectNumbers(device, sum(mul(conv2dByWeight(cotangent, x, [3, 5]), w)), left!);
    }
  });

  test('sums of more pixels than a loop of a shader may have turns are whole', async () => {
    const ones = tensor(new Float32Array(2 * 3 * 200 * 200).fill(1), [2, 3, 200, 200]);
    const expected = new Float32Array(9).fill(80_000);
    await expectNumbers(await openTestDevice(), conv2dByWeight(ones, ones, [1, 1]), expected, standardRules);
    await expectNumbers(openCpuTestDevice(), conv2dByWeight(ones, ones, [1, 1]), expected);
  });

  test('by hand: one pixel sees nine', async () => {
    const x = tensor([1, 2, 3, 4, 5, 6], [1, 1, 2, 3]);
    const cotangent = tensor([0, 10, 0, 0, 0, 0], [1, 1, 2, 3]);
    for (const device of [await openTestDevice(), openCpuTestDevice()]) {
      const result = await run(device, conv2dByWeight(cotangent, x, [3, 3]), { rules: [] });
      expect([...result]).toEqual([0, 0, 0, 10, 20, 30, 40, 50, 60]);
    }
  });

  test('says what is wrong', () => {
    const zeros = (...shape: number[]): Tensor => tensor(new Float32Array(sizeOf(shape)), shape);
    expect(() => conv2dByWeight(zeros(2, 4, 8, 8), zeros(1, 3, 8, 8), [3, 3])).toThrow(/of a convolution of x/);
    expect(() => conv2dByWeight(zeros(1, 4, 8, 12), zeros(1, 3, 8, 8), [3, 3])).toThrow(/\[1, 4, 8, 12\]/);
    expect(() => conv2dByWeight(zeros(4), zeros(1, 3, 8, 8), [3, 3])).toThrow(/must be images/);
  });
});
