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
import { oneHot } from '../one-hot/one-hot.ts';
import { sum } from '../reduce/reduce.ts';
import { reshape } from '../reshape/reshape.ts';
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
    for (let d = 0; d < 6; d++) {
      const column = tensor((await interpret([table]))[0]!.filter((_, at) => at % 6 === d), [5]);
      const dots = sum(gatherProduct(oneHot(tokens, 5), column), [-1]);
      await expectNumbers(device, dots, expected!.filter((_, at) => at % 6 === d));
    }
  });
});
