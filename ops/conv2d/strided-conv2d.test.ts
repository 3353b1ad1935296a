/**
 * stridedConv2d: exact on integers on every device, naive and packed, whatever the kernel, the padding and the stride;
 * within the sharp bound on Gaussian numbers; conv2d where it is one; and zeros beside Infinity.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, run, sizeOf, tensor } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { gaussianBound } from '../../test/helpers/bounds.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { expectSameAsReference, openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectNumbers } from '../../test/helpers/identical.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { castToHalf, maxPool2d, standardRules } from '../index.ts';
import { argmax } from '../argmax/argmax.ts';
import { conv2d } from './conv2d.ts';
import { stridedConv2d } from './strided-conv2d.ts';
import type { StridedConv2dOptions } from './strided-conv2d.ts';

interface Given {
  readonly shape: [number, number, number, number];
  readonly outputs: number;
  readonly kernel: [number, number];
  readonly options: StridedConv2dOptions;
  readonly seed: number;
}

const side = fc.constantFrom(1, 2, 3, 4, 7);
const given: fc.Arbitrary<Given> = fc
  .record({
    batch: fc.constantFrom(1, 2),
    channels: fc.constantFrom(1, 3, 4, 9, 70),
    outputs: fc.constantFrom(1, 3, 5, 8),
    height: fc.constantFrom(1, 2, 5, 8, 19),
    width: fc.constantFrom(1, 2, 5, 16, 33, 67),
    kernel: fc.tuple(side, side),
    stride: fc.constantFrom(1, 2, 2),
    padding: fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)),
    seed: fc.integer(),
  })
  .map(({ batch, channels, height, width, stride, kernel, padding, ...rest }) => {
    const [top, left, bottom, right] = padding.map((size, at) => Math.min(size, kernel[at % 2]! - 1));
    const options = { stride, padding: [top!, left!, bottom!, right!] as const };
    return { ...rest, kernel, options, shape: [batch, channels, height, width] as Given['shape'] };
  })
  .filter(({ shape: [, , height, width], kernel, options: { padding } }) => {
    return height + padding[0] + padding[2] >= kernel[0] && width + padding[1] + padding[3] >= kernel[1];
  });

function convolve({ shape, outputs, kernel, options }: Given, numbers: (count: number) => ArrayLike<number>): Tensor {
  const make = (...of: number[]): Tensor => tensor(Float32Array.from(numbers(sizeOf(of))), of);
  return stridedConv2d(make(...shape), make(outputs, shape[1], ...kernel), make(outputs), options);
}

const forms: readonly { name: string; rules: readonly Rule[] }[] = [
  { name: 'naive', rules: [] },
  { name: 'packed', rules: standardRules },
];

describe.each(forms)('stridedConv2d, $name', ({ rules }) => {
  test('integers are exact', async () => {
    await checkOnEveryVariant(
      given,
      async (device, each) => {
        const random = createRandom(each.seed);
        const graph = convolve(each, (count) => random.integers(count, -8, 8));
        await expectSameAsReference(device, graph, 0, { rules });
      },
      3,
    );
  });

  test('Gaussian numbers keep the sharp bound', async () => {
    await checkOnEveryVariant(
      given,
      async (device, each) => {
        const draw = (change: (value: number) => number): Tensor => {
          const random = createRandom(each.seed);
          return convolve(each, (count) => random.gaussians(count).map(change));
        };
        const [squares] = await interpret([draw((value) => value * value)]);
        const terms = each.shape[1] * sizeOf(each.kernel) + 1;
        const bound = (index: number): number => gaussianBound(terms, squares![index]!);
        await expectSameAsReference(
          device,
          draw((value) => value),
          bound,
          { rules },
        );
      },
      2,
    );
  });

  test('halves in x are exact; Infinity stays in its image, and padding is zero beside it', async () => {
    const w = tensor(new Float32Array(6 * 5 * 9).fill(1), [6, 5, 3, 3]);
    const halved = (x: Tensor): Tensor => stridedConv2d(x, w, undefined, { stride: 2, padding: [0, 0, 1, 1] });
    const large = tensor(new Float32Array(2 * 5 * 9 * 13).fill(1).fill(Infinity, 5 * 9 * 13), [2, 5, 9, 13]);
    const whole = tensor(createRandom(2).integers(2 * 5 * 9 * 13, -8, 8), [2, 5, 9, 13]);
    for (const device of [await openTestDevice(), openCpuTestDevice()]) {
      await expectSameAsReference(device, halved(large), 0, { rules });
      await expectSameAsReference(device, halved(castToHalf(whole)), 0, { rules });
    }
  });
});

test('is conv2d at stride 1, and every other pixel of it at stride 2', async () => {
  const random = createRandom(3);
  const x = tensor(random.integers(2 * 5 * 9 * 13, -8, 8), [2, 5, 9, 13]);
  const w = tensor(random.integers(4 * 5 * 9, -8, 8), [4, 5, 3, 3]);
  const padding = [1, 1, 1, 1] as const;
  const [same] = await interpret([conv2d(x, w)]);
  const halved = Float64Array.from({ length: 2 * 4 * 5 * 7 }, (_, i) => {
    const [plane, y, column] = [Math.floor(i / 35), Math.floor((i % 35) / 7), i % 7];
    return same![(plane * 9 + 2 * y) * 13 + 2 * column]!;
  });
  for (const device of [await openTestDevice(), openCpuTestDevice()]) {
    await expectNumbers(device, stridedConv2d(x, w, undefined, { stride: 1, padding }), same!);
    await expectNumbers(device, stridedConv2d(x, w, undefined, { stride: 2, padding }), halved);
  }
});

test('what follows a 1×1 kernel of stride 2 does not join it as if it had stride 1', async () => {
  const random = createRandom(4);
  const x = tensor(random.integers(5 * 9 * 13, -8, 8), [1, 5, 9, 13]);
  const w = tensor(random.integers(20 * 5, -8, 8), [20, 5, 1, 1]);
  const convolution = stridedConv2d(x, w, undefined, { stride: 2, padding: [0, 0, 0, 0] });
  for (const device of [await openTestDevice(), openCpuTestDevice()]) {
    await expectSameAsReference(device, argmax(convolution, 1), 0, { rules: standardRules });
    await expectSameAsReference(device, maxPool2d(convolution), 0, { rules: standardRules });
  }
});

test('by hand: zeros right and below alone', async () => {
  const x = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [1, 1, 4, 4]);
  const w = tensor([1, 0, 0, 0, 0, 0, 0, 0, 100], [1, 1, 3, 3]);
  const result = stridedConv2d(x, w, tensor([0.5], [1]), { stride: 2, padding: [0, 0, 1, 1] });
  expect([...(await run(openCpuTestDevice(), result, { rules: [] }))]).toEqual([1101.5, 3.5, 9.5, 11.5]);
});

test('says what is wrong', () => {
  const zeros = (...shape: number[]): Tensor => tensor(new Float32Array(sizeOf(shape)), shape);
  const convolveWith = (options: Partial<StridedConv2dOptions>, w = zeros(4, 3, 4, 4)): Tensor =>
    stridedConv2d(zeros(1, 3, 8, 8), w, undefined, { stride: 2, padding: [1, 1, 1, 1], ...options });
  expect(() => convolveWith({ stride: 3 })).toThrow(/stride must be 1 or 2/);
  expect(() => convolveWith({ padding: [4, 0, 0, 0] })).toThrow(/each below the kernel's 4×4/);
  expect(() => convolveWith({}, zeros(4, 2, 4, 4))).toThrow(/as many input channels/);
  expect(() => convolveWith({}, zeros(4, 3, 8, 8))).toThrow(/at most 7/);
  expect(() =>
    stridedConv2d(zeros(1, 3, 2, 2), zeros(4, 3, 4, 4), undefined, { stride: 2, padding: [0, 0, 1, 1] }),
  ).toThrow(/must fit into x/);
});
