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
import { conv2d, relu, run, scaleAdd, tensor, upsampleNearest2d } from '../../index.ts';

const sizes = fc
  .record({
    batch: fc.constantFrom(1, 2),
    channels: fc.constantFrom(1, 3, 5, 29, 64, 130, 300),
    outputs: fc.constantFrom(1, 3, 4, 5, 66, 130),
    height: fc.constantFrom(1, 2, 3, 7, 16, 33),
    width: fc.constantFrom(1, 2, 5, 8, 13, 64, 130, 259),
    kernelHeight: fc.constantFrom(1, 3, 5, 7),
    kernelWidth: fc.constantFrom(1, 3, 5, 7),
    ending: fc.constantFrom('plain', 'bias', 'residual', 'smaller residual'),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  })
  .filter(
    ({ batch, channels, outputs, height, width, kernelHeight, kernelWidth, ending }) =>
      batch * channels * outputs * height * width * kernelHeight * kernelWidth < 4e6 &&
      (ending !== 'smaller residual' || (height % 2 === 0 && width % 2 === 0)),
  );

type Sizes = typeof sizes extends fc.Arbitrary<infer T> ? T : never;
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
