/**
 * conv2d against its float64 loop, naive and packed, with every number of render targets: exact on integers, within
 * the sharp bound on Gaussian numbers, zero padding also beside Infinity.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { gaussianBound } from '../../test/helpers/bounds.ts';
import { deviceVariants, expectSameAsReference, openVariant } from '../../test/helpers/devices.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { relu, scaleAdd, standardRules, tensor } from '../index.ts';
import { conv2d } from './conv2d.ts';

interface Case {
  readonly batch: number;
  readonly channels: readonly [number, number];
  readonly size: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly bias: boolean;
  readonly seed: number;
}

const odd = fc.constantFrom(1, 3, 5, 7);
const size = fc.constantFrom(1, 3, 4, 5, 8, 17, 63, 64, 65);
const channel = fc.constantFrom(1, 3, 4, 5, 8, 17);
const cases: fc.Arbitrary<Case> = fc
  .record({
    batch: fc.constantFrom(1, 2),
    channels: fc.tuple(channel, channel),
    size: fc.tuple(size, size),
    kernel: fc.tuple(odd, odd),
    bias: fc.boolean(),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  })
  .filter(({ batch, channels, size, kernel }) => {
    return batch * channels[0] * channels[1] * size[0] * size[1] * kernel[0] * kernel[1] < 2e6;
  });

type Numbers = (length: number) => Float32Array | Int32Array;

function makeOperands({ batch, channels, size, kernel, bias }: Case, numbers: Numbers): Tensor[] {
  const shapes = [
    [batch, channels[0], ...size],
    [channels[1], channels[0], ...kernel],
    ...(bias ? [[channels[1]]] : []),
  ];
  return shapes.map((shape) => tensor(numbers(shape.reduce((a, b) => a * b, 1)), shape));
}

const convolve = ([x, w, b]: readonly Tensor[]): Tensor => conv2d(x!, w!, b);

/** Σ(ab)² of every output: the same convolution of the squares. */
async function sumSquares(operands: readonly Tensor[]): Promise<Float64Array> {
  const squares = await Promise.all(
    operands.map(async (operand) => {
      const [values] = await interpret([operand]);
      return tensor(
        values!.map((value) => value * value),
        operand.shape,
      );
    }),
  );
  return (await interpret([convolve(squares)]))[0]!;
}

const ways: readonly { name: string; rules: readonly Rule[]; runs: number }[] = [
  { name: 'naive', rules: [], runs: 6 },
  { name: 'packed', rules: standardRules, runs: 14 },
];

describe.each(deviceVariants)('conv2d, $name', (variant) => {
  test.each(ways)('$name: integers are exact', async ({ rules, runs }) => {
    const device = await openVariant(variant);
    const check = async (given: Case): Promise<void> => {
      const random = createRandom(given.seed);
      const operands = makeOperands(given, (length) => random.integers(length, -8, 8));
      await expectSameAsReference(device, convolve(operands), 0, { rules });
    };
    await fc.assert(fc.asyncProperty(cases, check), { numRuns: runs, seed: 20261123 });
  });

  test('packed: Gaussian numbers keep the sharp bound', async () => {
    const device = await openVariant(variant);
    const check = async (given: Case): Promise<void> => {
      const random = createRandom(given.seed);
      const operands = makeOperands(given, (length) => random.gaussians(length));
      const squares = await sumSquares(operands);
      const terms = given.channels[0] * given.kernel[0] * given.kernel[1] + 1;
      const bound = (index: number): number => gaussianBound(terms, squares[index]!);
      await expectSameAsReference(device, convolve(operands), bound, { rules: standardRules });
    };
    await fc.assert(fc.asyncProperty(cases, check), { numRuns: 8, seed: 20261124 });
  });

  test('relu on read and residual on write are exact on integers', async () => {
    const device = await openVariant(variant);
    const random = createRandom(7);
    for (const [height, width] of [
      [9, 13],
      [16, 16],
      [65, 3],
    ] as const) {
      const x = tensor(random.integers(5 * height * width, -8, 8), [1, 5, height, width]);
      const w = tensor(random.integers(6 * 5 * 9, -8, 8), [6, 5, 3, 3]);
      const b = tensor(random.integers(6, -8, 8), [6]);
      const id = tensor(random.integers(6 * height * width, -8, 8), [1, 6, height, width]);
      await expectSameAsReference(device, scaleAdd(id, conv2d(relu(x), w, b), 0.5), 0, { rules: standardRules });
    }
  });
});

describe('conv2d', () => {
  test('what lies beside a picture in its texture never leaks in, be it Infinity', async () => {
    const device = await openVariant(deviceVariants[0]!);
    // Two pictures lie side by side in one texture: the Infinity of one must not touch the border of the other.
    const x = new Float32Array(2 * 4 * 4 * 8).fill(1).fill(Infinity, 4 * 4 * 8);
    const w = tensor(new Float32Array(4 * 9).fill(1), [1, 4, 3, 3]);
    await expectSameAsReference(device, conv2d(tensor(x, [2, 4, 4, 8]), w), 0, { rules: standardRules });
  });

  test('says what is wrong with shapes', () => {
    const x = tensor(new Float32Array(3 * 4 * 4), [1, 3, 4, 4]);
    expect(() => conv2d(x, tensor(new Float32Array(64 * 9), [1, 64, 3, 3]))).toThrow(/64 input channels, x has 3/);
    expect(() => conv2d(x, tensor(new Float32Array(12), [1, 3, 2, 2]))).toThrow(/kernels are 1, 3, 5 or 7/);
    expect(() => conv2d(x, tensor(new Float32Array(27), [1, 3, 3, 3]), tensor([1, 2], [2]))).toThrow(
      /bias must be \[1\]/,
    );
  });
});
