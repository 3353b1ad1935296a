/**
 * layerNorm against float64, also where the mean is a million times the deviation, and its laws: a constant added to
 * whole numbers changes nothing, rows do not see each other.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, run, sizeOf, tensor } from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import { FUNCTION_BOUNDS, gamma, UNIT_ROUNDOFF } from '../../test/helpers/bounds.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { expectSameAsReference, openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { createRandom } from '../../test/helpers/random.ts';
import type { Random } from '../../test/helpers/random.ts';
import { seeds, shapesOfRank } from '../../test/helpers/shapes.ts';
import { castToFloat, castToHalf } from '../cast/cast.ts';
import { layerNorm } from './layer-norm.ts';

const shapes = fc.integer({ min: 1, max: 3 }).chain((rank) => shapesOfRank(rank));

interface Operands {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly bias: Tensor;
}

function makeOperands(shape: readonly number[], numbers: Float32Array, random: Random): Operands {
  const channels = shape.at(-1)!;
  return {
    x: tensor(numbers, shape),
    weight: tensor(random.gaussians(channels), [channels]),
    bias: tensor(random.gaussians(channels), [channels]),
  };
}

/**
 * With z = (x − mean)/√(variance + eps), f the z of the row's first number and K = C + 8 roundings in a row: the sums
 * run over differences from the first number, at most (1 + |f|) deviations on average, so they and the scale are off by
 * γ(K)(1 + |f|) each. It holds for any numbers, whatever their mean, while squares of differences do not overflow.
 */
async function boundOf({ x, weight, bias }: Operands, eps: number): Promise<(index: number) => number> {
  const channels = weight.shape[0]!;
  const one = tensor(new Float32Array(channels).fill(1), [channels]);
  const zero = tensor(new Float32Array(channels), [channels]);
  const [z, w, b] = await interpret([layerNorm(x, one, zero, eps), weight, bias]);
  const sums = 2 * gamma(channels + 8);
  return (index) => {
    const [c, own] = [index % channels, Math.abs(z![index]!)];
    const first = Math.abs(z![index - c]!);
    const normal = sums * (1 + own) * (1 + first) + FUNCTION_BOUNDS.inverseSqrt.relative * own;
    return Math.abs(w![c]!) * normal + 2 * UNIT_ROUNDOFF * (own * Math.abs(w![c]!) + Math.abs(b![c]!));
  };
}

const kinds: Readonly<Record<string, (random: Random) => number>> = {
  'standard normal': (random) => random.gaussian(),
  'a mean a million times the deviation': (random) => 1e6 + random.gaussian(),
  'of every size': (random) => random.gaussian() * 2 ** random.integer(-30, 30),
};

describe('layerNorm', () => {
  test.each(Object.entries(kinds))('keeps its bound: %s', async (_name, draw) => {
    await checkOnEveryVariant(
      fc.tuple(shapes, seeds, fc.constantFrom(1e-5, 1e-6, 1)),
      async (device, [shape, seed, eps]) => {
        const random = createRandom(seed);
        const numbers = Float32Array.from({ length: sizeOf(shape) }, () => draw(random));
        const operands = makeOperands(shape, numbers, random);
        const result = layerNorm(operands.x, operands.weight, operands.bias, eps);
        await expectSameAsReference(device, result, await boundOf(operands, eps));
      },
      4,
    );
  });

  test('equal numbers give the bias, exactly, however large', async () => {
    const device = await openTestDevice();
    for (const value of [0, 1 / 3, -1e6, 3e38]) {
      const x = tensor(new Float32Array(65).fill(value), [65]);
      const [weight, bias] = [createRandom(1).gaussians(65), createRandom(2).gaussians(65)];
      const result = await run(device, layerNorm(x, tensor(weight, [65]), tensor(bias, [65])), { rules: [] });
      expect(result).toEqual(bias);
    }
  });

  test('a constant added to whole numbers changes not a bit, nor does another row', async () => {
    const device = await openTestDevice();
    const numbers = createRandom(5).integers(3 * 65, -99, 99);
    const { weight, bias } = makeOperands([65], new Float32Array(65), createRandom(6));
    const normalize = (row: ArrayLike<number>, shape: number[]) =>
      run(device, layerNorm(tensor(row, shape), weight, bias), { rules: [] });
    const rows = await normalize(numbers, [3, 65]);
    const moved = await normalize(
      numbers.map((value) => value + 100_000),
      [3, 65],
    );
    expect(moved).toEqual(rows);
    expect(await normalize(numbers.subarray(65, 130), [65])).toEqual(rows.subarray(65, 130));
  });

  test('NaN and Infinity spoil their own row and no other', async () => {
    const numbers = createRandom(7).gaussians(4 * 9);
    [numbers[3], numbers[20]] = [NaN, Infinity];
    const { x, weight, bias } = makeOperands([4, 9], numbers, createRandom(8));
    const result = await run(await openTestDevice(), layerNorm(x, weight, bias), { rules: [] });
    const spoiled = Array.from({ length: 4 }, (_, row) => result.subarray(row * 9, row * 9 + 9).every(Number.isNaN));
    expect(spoiled).toEqual([true, false, true, false]);
  });

  test('halves in the place of floats are noticed', async () => {
    const device = await openTestDevice();
    const random = createRandom(9);
    const operands = makeOperands([8, 64], random.gaussians(8 * 64), random);
    const { x, weight, bias } = operands;
    const rounded = await run(device, layerNorm(castToFloat(castToHalf(x)), weight, bias), { rules: [] });
    const [expected] = await interpret([layerNorm(x, weight, bias)]);
    const bound = await boundOf(operands, 1e-5);
    expect(() => expectClose(rounded, expected!, bound)).toThrow(/out of bounds/);
  });

  test('says what is wrong', () => {
    const zeros = (...shape: number[]): Tensor => tensor(new Float32Array(sizeOf(shape)), shape);
    expect(() => layerNorm(zeros(1, 2, 3, 4), zeros(4), zeros(4))).toThrow(/layerNorm: x must be \[C\], \[T, C\]/);
    expect(() => layerNorm(zeros(2, 3), zeros(2), zeros(3))).toThrow(/weight must be \[3\].*got \[2\]/);
    expect(() => layerNorm(zeros(2, 3), zeros(3), zeros(1, 3))).toThrow(/bias must be \[3\].*got \[1, 3\]/);
    expect(() => layerNorm(zeros(3), zeros(3), zeros(3), -1)).toThrow(/eps must be a finite number of at least 0/);
  });
});
