/** concat: any number of tensors on any axis of any rank, and slices of it give the tensors back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, referenceDevice, tensor } from '../../engine/index.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference, expectNumbers } from '../../test/helpers/identical.ts';
import { dtypes, hostileTensor, seeds, shapesFromRank } from '../../test/helpers/shapes.ts';
import { slice } from '../slice/slice.ts';
import { concat } from './concat.ts';

const cases = shapesFromRank(1, 3000).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axis: fc.nat({ max: shape.length - 1 }),
    lengths: fc.array(fc.constantFrom(1, 2, 3, 4, 5, 8), { minLength: 1, maxLength: 8 }),
    dtype: dtypes,
    seed: seeds,
  }),
);

describe('concat', () => {
  test('equals the reference for one to eight tensors of any rank and dtype on any axis', async () => {
    await checkOnEveryVariant(cases, async (device, { shape, axis, lengths, dtype, seed }) => {
      const parts = lengths.map((length, at) => hostileTensor(seed + at, shape.with(axis, length), dtype));
      await expectIdenticalToReference(device, concat(parts, axis));
    });
  });

  test('a slice of it is the part that was put there', async () => {
    await checkOnEveryVariant(
      cases,
      async (device, { shape, axis, lengths, dtype, seed }) => {
        const parts = lengths.map((length, at) => hostileTensor(seed + at, shape.with(axis, length), dtype));
        const last = parts.at(-1)!;
        const begin = shape.map((_, at) => (at === axis ? lengths.slice(0, -1).reduce((a, b) => a + b, 0) : 0));
        const [expected] = await interpret([last]);
        await expectNumbers(device, slice(concat(parts, axis), begin, last.shape), expected!);
      },
      2,
    );
  });

  test('more than eight tensors are joined in steps', async () => {
    const parts = Array.from({ length: 19 }, (_, at) => tensor([at, -at], [1, 2]));
    for (const device of [referenceDevice, await openTestDevice()]) {
      await expectNumbers(
        device,
        concat(parts, 0),
        parts.flatMap((_, at) => [at, -at]),
      );
      await expectNumbers(
        device,
        concat(parts, -1),
        parts.flatMap((_, at) => [at, -at]),
      );
    }
    expect(concat(parts, 0).shape).toEqual([19, 2]);
    expect(concat(parts, -1).shape).toEqual([1, 38]);
  });

  test('refuses what does not fit together', () => {
    const x = tensor([1, 2], [1, 2]);
    expect(() => concat([], 0)).toThrow(/at least one tensor/);
    expect(() => concat([x, tensor([1], [1, 1])], 0)).toThrow(/along axis 0 only, got \[1, 2\], \[1, 1\]/);
    expect(() => concat([x, tensor([1, 2], [2])], 0)).toThrow(/may differ in size/);
    expect(() => concat([x, tensor([1, 2], [1, 2], 'i32')], 0)).toThrow(/same dtype, got f32 and i32/);
    expect(() => concat([x, x], 2)).toThrow(/concat: axis must be within \[-2, 1\], got 2/);
  });
});
