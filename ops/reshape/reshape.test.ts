/** reshape: row-major order kept between any two shapes of any ranks. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, sizeOf, tensor } from '../../engine/index.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectNumbers } from '../../test/helpers/identical.ts';
import { dtypes, hostileTensor, seeds, shapesFromRank } from '../../test/helpers/shapes.ts';
import { reshape } from './reshape.ts';

/** Shapes with as many elements: some axes are merged, the first is split where it can be, ones are put in. */
function reshapings(shape: readonly number[]): fc.Arbitrary<number[]> {
  const merged = fc.nat({ max: shape.length }).map((at) => [...shape.slice(0, at), sizeOf(shape.slice(at))]);
  const split = merged.map(([first = 1, ...others]) => {
    const factor = [8, 7, 5, 4, 3, 2].find((divisor) => first % divisor === 0) ?? 1;
    return [first / factor, factor, ...others];
  });
  const reversed = fc.constant(shape.toReversed());
  return fc.oneof(merged, split, reversed).filter((result) => result.length <= 4);
}

const cases = shapesFromRank(0).chain((shape) =>
  fc.record({ shape: fc.constant(shape), result: reshapings(shape), dtype: dtypes, seed: seeds }),
);

describe('reshape', () => {
  test('keeps the row-major numbers, and shaped back gives the tensor', async () => {
    await checkOnEveryVariant(cases, async (device, { shape, result, dtype, seed }) => {
      const x = hostileTensor(seed, shape, dtype);
      const [expected] = await interpret([x]);
      await expectNumbers(device, reshape(x, result), expected!);
      await expectNumbers(device, reshape(reshape(x, result), shape), expected!);
    });
  });

  test('to the shape it has is no work', () => {
    const x = tensor([1, 2], [2]);
    expect(reshape(x, [2])).toBe(x);
  });

  test('refuses another number of elements and shapes that no tensor has', () => {
    const x = tensor([1, 2, 3, 4], [2, 2]);
    expect(() => reshape(x, [3])).toThrow(/x \[2, 2\] has 4 elements, \[3\] would have 3/);
    expect(() => reshape(x, [-2, -2])).toThrow(/positive whole numbers/);
    expect(() => reshape(x, [1, 1, 1, 2, 2])).toThrow(/up to four/);
  });
});
