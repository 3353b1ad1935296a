/** gather: the row of every index with its width at any axis, NaN for rows that are not there. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, referenceDevice, sizeOf, tensor } from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference, expectNumbers } from '../../test/helpers/identical.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { hostileTensor, seeds, shapesOfRank } from '../../test/helpers/shapes.ts';
import { matmul } from '../matmul/matmul.ts';
import { oneHot } from '../one-hot/one-hot.ts';
import { transpose } from '../transpose/transpose.ts';
import { gather } from './gather.ts';

const cases = fc.integer({ min: 0, max: 3 }).chain((rank) =>
  fc.record({
    table: shapesOfRank(2, 4000),
    indices: shapesOfRank(rank, 100),
    axis: fc.integer({ min: -rank - 1, max: rank }),
    dtype: fc.constantFrom('f32', 'f16'),
    seed: seeds,
  }),
);

function drawIndices(shape: readonly number[], low: number, high: number, seed: number): Tensor {
  return tensor(createRandom(seed).integers(sizeOf(shape), low, high), shape, 'i32');
}

describe('gather', () => {
  test('equals the reference for any table, rank of indices and axis, rows that are missing among them', async () => {
    await checkOnEveryVariant(cases, async (device, { table, indices, axis, dtype, seed }) => {
      const places = drawIndices(indices, -1, table[0]!, seed);
      await expectIdenticalToReference(device, gather(hostileTensor(seed, table, dtype), places, axis));
    });
  });

  test('tokens [B, H, W] become an image [B, D, H, W], the same as rows last and then transposed', async () => {
    const device = await openTestDevice();
    const table = tensor(createRandom(1).gaussians(7 * 5), [7, 5]);
    const tokens = drawIndices([2, 3, 9], 0, 6, 2);
    const image = gather(table, tokens, 1);
    expect(image.shape).toEqual([2, 5, 3, 9]);
    const [expected] = await interpret([image]);
    await expectNumbers(device, transpose(gather(table, tokens), [0, 3, 1, 2]), expected!);
  });

  test('is oneHot times the table', async () => {
    const device = await openTestDevice();
    const table = tensor(createRandom(3).integers(5 * 6, -99, 99), [5, 6]);
    const tokens = drawIndices([13], 0, 4, 4);
    const [expected] = await interpret([gather(table, tokens)]);
    await expectNumbers(device, matmul(oneHot(tokens, 5), table), expected!);
  });

  test('by hand', async () => {
    const table = tensor([1, 2, 3, 4, 5, 6], [3, 2]);
    const tokens = tensor([2, 0, 3, -1], [2, 2], 'i32');
    for (const device of [referenceDevice, await openTestDevice()]) {
      await expectNumbers(device, gather(table, tokens), [5, 6, 1, 2, NaN, NaN, NaN, NaN]);
      await expectNumbers(device, gather(table, tokens, 0), [5, 1, NaN, NaN, 6, 2, NaN, NaN]);
      await expectNumbers(device, gather(table, tensor([1], [], 'i32')), [3, 4]);
    }
  });

  test('refuses other tables and indices', () => {
    const table = tensor([1, 2], [2, 1]);
    const tokens = tensor([0], [1], 'i32');
    expect(() => gather(tensor([1], [1]), tokens)).toThrow(/table must be \[V, D\].* got \[1\]/);
    expect(() => gather(table, tensor([0], [1]))).toThrow(/indices must have dtype i32, got f32/);
    expect(() => gather(tensor([1], [1, 1], 'i32'), tokens)).toThrow(/table must be f32 or f16, got i32/);
    expect(() => gather(table, tokens, 2)).toThrow(/axis must be within \[-2, 1\], got 2/);
    expect(() => gather(table, tensor([0], [1, 1, 1, 1], 'i32'))).toThrow(/up to four/);
  });
});
