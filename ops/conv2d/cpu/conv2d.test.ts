/**
 * Convolutions on the CPU against their float64 loop, in each build of the kernels: exact on integers, within the sharp
 * bound on Gaussian numbers; every size of tile, strip and part; zero padding also beside Infinity.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret } from '../../../engine/index.ts';
import type { Tensor } from '../../../engine/index.ts';
import { gaussianBound } from '../../../test/helpers/bounds.ts';
import { expectClose } from '../../../test/helpers/close.ts';
import { cpuVariants, expectSameOnCpu } from '../../../test/helpers/cpu-device.ts';
import { createRandom } from '../../../test/helpers/random.ts';
import {
  argmax,
  compile,
  conv2d,
  maxPool2d,
  relu,
  run,
  scaleAdd,
  stridedConv2d,
  tensor,
  upsampleNearest2d,
} from '../../index.ts';

interface Sizes {
  readonly batch: number;
  readonly channels: number;
  readonly outputs: number;
  readonly height: number;
  readonly width: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly ending: 'plain' | 'bias' | 'residual' | 'smaller residual';
  readonly seed: number;
}

const sizes: fc.Arbitrary<Sizes> = fc
  .record({
    batch: fc.constantFrom(1, 2),
    channels: fc.constantFrom(1, 3, 5, 29, 64, 130, 300),
    outputs: fc.constantFrom(1, 3, 4, 5, 66, 130, 258),
    height: fc.constantFrom(1, 2, 3, 7, 16, 33),
    width: fc.constantFrom(1, 2, 5, 8, 13, 64, 130, 259),
    kernelHeight: fc.constantFrom(1, 3, 5, 7),
    kernelWidth: fc.constantFrom(1, 3, 5, 7),
    ending: fc.constantFrom<Sizes['ending'][]>('plain', 'bias', 'residual', 'smaller residual'),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  })
  .filter(
    ({ batch, channels, outputs, height, width, kernelHeight, kernelWidth, ending }) =>
      batch * channels * outputs * height * width * kernelHeight * kernelWidth < 4e6 &&
      (ending !== 'smaller residual' || (height % 2 === 0 && width % 2 === 0)),
  );

type Numbers = (length: number) => ArrayLike<number>;

const identity = (value: number): number => value;

/** With numbers of one sign nothing cancels, so ReLU leaves them: squares have the sums of squares as result. */
function makeConvolution(given: Sizes, numbers: Numbers, change: (value: number) => number): Tensor {
  const { batch, channels, outputs, height, width, kernelHeight, kernelWidth, ending } = given;
  const make = (shape: readonly number[], before = identity): Tensor => {
    const drawn = numbers(shape.reduce((a, b) => a * b, 1));
    return tensor(
      Float32Array.from(drawn, (value) => change(before(value))),
      shape,
    );
  };
  const clip = ending === 'plain' ? identity : (value: number): number => Math.max(value, 0);
  const x = make([batch, channels, height, width], change === identity ? identity : clip);
  const w = make([outputs, channels, kernelHeight, kernelWidth]);
  if (ending === 'plain') return conv2d(x, w);
  const sums = conv2d(relu(x), w, make([outputs]));
  if (ending === 'bias') return sums;
  if (ending === 'residual') return scaleAdd(make([batch, outputs, height, width]), sums, 0.5);
  return scaleAdd(upsampleNearest2d(make([batch, outputs, height / 2, width / 2])), sums, 0.5);
}

describe.each(cpuVariants)('convolutions on the CPU, $name', ({ open }) => {
  test('integers are exact', async () => {
    const check = async (given: Sizes): Promise<void> => {
      const random = createRandom(given.seed);
      const graph = makeConvolution(given, (length) => random.integers(length, -8, 8), identity);
      await expectSameOnCpu(open(), graph, 0);
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 60, seed: 20261201 });
  });

  test('Gaussian numbers keep the sharp bound', async () => {
    const check = async (given: Sizes): Promise<void> => {
      const draw = (change: (value: number) => number): Tensor => {
        const random = createRandom(given.seed);
        return makeConvolution(given, (length) => random.gaussians(length), change);
      };
      const [squares] = await interpret([draw((value) => value * value)]);
      const terms = given.channels * given.kernelHeight * given.kernelWidth + 2;
      await expectSameOnCpu(open(), draw(identity), (i) => gaussianBound(terms, squares![i]!));
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 20, seed: 20261202 });
  });

  test('Infinity stays in its own image, and padding is zero beside it', async () => {
    const x = new Float32Array(2 * 5 * 6 * 13).fill(1).fill(Infinity, 5 * 6 * 13);
    const w = tensor(new Float32Array(5 * 5 * 9).fill(1), [5, 5, 3, 3]);
    await expectSameOnCpu(open(), conv2d(relu(tensor(x, [2, 5, 6, 13])), w), 0);
  });

  test('a pool behind a 1×1 convolution is exact on integers, of odd sizes too', async () => {
    const check = async ({ seed, ...given }: Sizes): Promise<void> => {
      const random = createRandom(seed);
      const at1x1 = {
        ...given,
        seed,
        height: given.height + 1,
        width: given.width + 1,
        kernelHeight: 1,
        kernelWidth: 1,
      };
      const ending = given.ending === 'smaller residual' ? 'residual' : given.ending;
      const graph = maxPool2d(
        makeConvolution({ ...at1x1, ending }, (length) => random.integers(length, -8, 8), identity),
      );
      await expectSameOnCpu(open(), graph, 0);
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 30, seed: 20261203 });
  });

  test('the best of channels is the first of equals', async () => {
    const check = async ({ seed, ...given }: Sizes): Promise<void> => {
      const random = createRandom(seed);
      const ending = given.ending === 'plain' ? 'plain' : 'bias';
      const at1x1 = { ...given, seed, kernelHeight: 1, kernelWidth: 1, ending } as const;
      const sums = makeConvolution(at1x1, (length) => random.integers(length, -1, 1), identity);
      await expectSameOnCpu(open(), argmax(sums, 1), 0);
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 30, seed: 20261204 });
  });

  test('a NaN makes its window a NaN and the best channel −1', async () => {
    const numbers = createRandom(8).gaussians(70 * 12 * 10);
    numbers[5 * 120 + 17] = NaN; // row 1, column 7
    const w = tensor(createRandom(9).gaussians(67 * 70), [67, 70, 1, 1]);
    const sums = conv2d(tensor(numbers, [1, 70, 12, 10]), w);
    const pooled = await run(open(), maxPool2d(sums)); // [1, 67, 6, 5]
    const places = Array.from(pooled, (value, i) => (Number.isNaN(value) ? i % 30 : -1));
    expect([...new Set(places)].sort()).toEqual([-1, 3]);
    const best = await run(open(), argmax(sums, 1)); // [1, 12, 10]
    const [expected] = await interpret([argmax(sums, 1)]);
    expect(Array.from(best)).toEqual(Array.from(expected!));
    expect(best[17]).toBe(-1);
  });

  test('a weight that nobody packed, and operands that are kept as halves, are exact on integers', async () => {
    const random = createRandom(11);
    const half = (shape: readonly number[]): Tensor =>
      tensor(
        random.integers(
          shape.reduce((a, b) => a * b, 1),
          -8,
          8,
        ),
        shape,
        'f16',
      );
    const graph = conv2d(half([1, 5, 9, 13]), half([6, 5, 3, 3]), half([6]));
    await expectSameOnCpu(open(), graph, 0);
    await expectSameOnCpu(
      open(),
      scaleAdd(half([1, 6, 9, 13]), conv2d(relu(half([1, 5, 9, 13])), half([6, 5, 3, 3])), 0.5),
      0,
    );
    const [expected] = await interpret([graph]);
    expectClose(await run(open(), graph, { rules: [] }), expected!, 0);
    const floats = makeConvolution(
      {
        batch: 2,
        channels: 29,
        outputs: 5,
        height: 7,
        width: 13,
        kernelHeight: 3,
        kernelWidth: 5,
        ending: 'bias',
        seed: 1,
      },
      (length) => random.integers(length, -8, 8),
      identity,
    );
    const [plain] = await interpret([floats]);
    expectClose(await run(open(), floats, { rules: [] }), plain!, 0);
  });

  test('pixels that several items share are packed once for all, of two images and of rectangles at the border', async () => {
    const random = createRandom(12);
    const draw = (...shape: number[]): Tensor =>
      tensor(
        random.integers(
          shape.reduce((a, b) => a * b, 1),
          -8,
          8,
        ),
        shape,
      );
    const x = draw(2, 300, 6, 43);
    const w = draw(258, 300, 1, 1);
    const sums = conv2d(relu(x), w, draw(258));
    const apart = stridedConv2d(relu(x), w, undefined, { stride: 2, padding: [0, 0, 0, 0] });
    for (const graph of [sums, maxPool2d(sums), argmax(sums, 1), apart, conv2d(draw(2, 300, 1, 5), w)]) {
      const plan = compile(open(), () => graph, {});
      expect(plan.explain()).toContain('pack_pixels');
      plan.dispose();
      await expectSameOnCpu(open(), graph, 0);
    }
    const [expected] = await interpret([conv2d(x, w)]);
    expectClose(await run(open(), conv2d(x, w), { rules: [] }), expected!, 0); // with a weight that nobody packed
  });

  test('a changed number is noticed', async () => {
    const random = createRandom(5);
    const x = tensor(random.integers(64 * 40, -8, 8), [1, 64, 5, 8]);
    const w = random.integers(8 * 64 * 9, -8, 8);
    const [expected] = await interpret([conv2d(x, tensor(w, [8, 64, 3, 3]))]);
    w[8 * 64 * 9 - 1]! += 1;
    const actual = await run(open(), conv2d(x, tensor(w, [8, 64, 3, 3])));
    expect(() => expectClose(actual, expected!, 0)).toThrow(/out of bounds/);
  });
});
