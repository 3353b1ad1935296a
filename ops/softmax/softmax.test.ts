/**
 * softmax against float64 along every axis of every rank, and its laws: lines sum to 1, a constant added to a line
 * changes nothing, what is −Infinity is 0 and as if it were not there.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, rewrite, run, sizeOf, tensor } from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import { FUNCTION_BOUNDS, gamma, UNIT_ROUNDOFF } from '../../test/helpers/bounds.ts';
import { deviceVariants, expectSameAsReference, openTestDevice, openVariant } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant, checkOnWebGL } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference } from '../../test/helpers/identical.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { hostileTensor, seeds, shapesFromRank } from '../../test/helpers/shapes.ts';
import { add, mul, sub, sum } from '../index.ts';
import { max } from '../reduce/reduce.ts';
import { standardRules } from '../rewrite/standard-rules.ts';
import { softmax } from './softmax.ts';

const cases = shapesFromRank(1, 4000).chain((shape) =>
  fc.record({ shape: fc.constant(shape), axis: fc.nat({ max: shape.length - 1 }), seed: seeds }),
);

/**
 * Of the exponential and the division, twice, and of the sum; and of x − largest, whose rounding the exponential
 * multiplies: at the element itself and, through the sum, at the mean of them.
 */
async function boundOf(x: Tensor, axis: number): Promise<(index: number) => number> {
  const depth = sub(max(x, [axis], true), x);
  const result = softmax(x, axis);
  const felt = add(depth, sum(mul(result, depth), [axis], true));
  const [depths, values] = await interpret([felt, result]);
  const relative = 2 * FUNCTION_BOUNDS.exp.relative + FUNCTION_BOUNDS.divide.relative + gamma(x.shape[axis]!);
  // Beyond e⁻⁸⁰, where exp has no bound, only smallness is asked for.
  return (index) => (relative + 2 * UNIT_ROUNDOFF * depths![index]!) * values![index]! + Math.exp(-80);
}

describe('softmax', () => {
  test('keeps its bound along any axis', async () => {
    const scales = fc.constantFrom(1, 10, 100);
    await checkOnEveryVariant(fc.tuple(cases, scales), async (device, [{ shape, axis, seed }, scale]) => {
      const x = tensor(createRandom(seed).gaussians(sizeOf(shape), scale), shape);
      await expectSameAsReference(device, softmax(x, axis), await boundOf(x, axis));
    });
  });

  test('keeps its bound where rules split it, of lines that are long', async () => {
    const long = fc.record({
      rows: fc.integer({ min: 1, max: 9 }),
      size: fc.integer({ min: 16, max: 300 }),
      seed: seeds,
    });
    await checkOnWebGL(
      fc.tuple(long, fc.constantFrom(0, 1)),
      async (device, [{ rows, size, seed }, axis]) => {
        const shape = axis === 1 ? [rows, size] : [size, rows];
        const x = tensor(createRandom(seed).gaussians(sizeOf(shape), 10), shape);
        const graph = softmax(x, axis);
        expect(rewrite([graph], standardRules).applied.has('split_softmax')).toBe(true);
        await expectSameAsReference(device, graph, await boundOf(x, axis), { rules: standardRules });
      },
      1,
    );
  });

  test('NaN and infinities land where they do in float64', async () => {
    await checkOnEveryVariant(
      cases,
      async (device, { shape, axis, seed }) => {
        const x = hostileTensor(seed, shape);
        const actual = await run(device, softmax(x, axis), { rules: [] });
        const [expected] = await interpret([softmax(x, axis)]);
        expect(Array.from(actual, Number.isNaN)).toEqual(Array.from(expected!, Number.isNaN));
        const zeros = Array.from(expected!.keys()).filter((index) => expected![index] === 0);
        expect(zeros.filter((index) => actual[index] !== 0)).toEqual([]);
      },
      3,
    );
  });

  test.each(deviceVariants.slice(0, 4))('−Infinity is as if it were not there, $name', async (variant) => {
    const device = await openVariant(variant);
    const numbers = createRandom(3).gaussians(9);
    const spread = new Float32Array(27).fill(-Infinity);
    numbers.forEach((value, i) => (spread[3 * i + (i % 3)] = value));
    const alone = await run(device, softmax(tensor(numbers, [9, 1]), 0), { rules: [] });
    const among = await run(device, softmax(tensor(spread, [27, 1]), 0), { rules: [] });
    expect(among.filter((value) => value !== 0)).toEqual(alone);
  });

  test('a whole number added to whole numbers changes not a bit', async () => {
    const device = await openTestDevice();
    const x = tensor(createRandom(4).integers(6 * 7, -20, 20), [6, 7]);
    const moved = await run(device, softmax(add(x, tensor([1000], [1])), 1), { rules: [] });
    expect(moved).toEqual(await run(device, softmax(x), { rules: [] }));
  });

  test('by hand: equal numbers, one number, nothing but −Infinity', async () => {
    const device = await openTestDevice();
    await expectIdenticalToReference(device, softmax(tensor([7, 7, 7, 7], [4])));
    const [single] = await interpret([softmax(tensor([1e30], [1, 1]))]);
    expect([...single!]).toEqual([1]);
    const nothing = softmax(tensor([-Infinity, -Infinity, 0, 0], [2, 2]));
    expect([...(await run(device, nothing, { rules: [] }))]).toEqual([NaN, NaN, 0.5, 0.5]);
  });

  test('refuses an axis that x does not have', () => {
    expect(() => softmax(tensor([1, 2], [2]), 1)).toThrow(/softmax: axis must be within \[-1, 0\], got 1/);
    expect(() => softmax(tensor([1], []))).toThrow(/softmax: axis/);
  });
});
