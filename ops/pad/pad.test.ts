/** pad: any border on any axis, any value, and slice takes it off again. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, referenceDevice, tensor } from '../../engine/index.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference, expectNumbers } from '../../test/helpers/identical.ts';
import { dtypes, hostileTensor, seeds, shapesFromRank } from '../../test/helpers/shapes.ts';
import { slice } from '../slice/slice.ts';
import { pad } from './pad.ts';

const cases = shapesFromRank(0, 3000).chain((shape) => {
  const border = fc.array(fc.constantFrom(0, 0, 1, 3, 4, 5), { minLength: shape.length, maxLength: shape.length });
  const value = fc.constantFrom(0, -7, 1024);
  return fc.record({ shape: fc.constant(shape), before: border, after: border, value, dtype: dtypes, seed: seeds });
});

describe('pad', () => {
  test('equals the reference for any border of any rank and dtype', async () => {
    await checkOnEveryVariant(cases, async (device, { shape, before, after, value, dtype, seed }) => {
      await expectIdenticalToReference(device, pad(hostileTensor(seed, shape, dtype), before, after, value));
    });
  });

  test('then slice gives the tensor back', async () => {
    await checkOnEveryVariant(
      cases,
      async (device, { shape, before, after, value, dtype, seed }) => {
        const x = hostileTensor(seed, shape, dtype);
        const [expected] = await interpret([x]);
        await expectNumbers(device, slice(pad(x, before, after, value), before, shape), expected!);
      },
      2,
    );
  });

  test('by hand, with values that have no literal in GLSL and values that half precision rounds', async () => {
    const x = tensor([1, 2], [2]);
    const half = tensor([1], [1], 'f16');
    for (const device of [referenceDevice, await openTestDevice()]) {
      await expectNumbers(device, pad(x, [1], [2], -Infinity), [-Infinity, 1, 2, -Infinity, -Infinity]);
      await expectNumbers(device, pad(x, [0], [1], NaN), [1, 2, NaN]);
      await expectNumbers(device, pad(x, [0], [1], 0.1), [1, 2, Math.fround(0.1)]);
      await expectNumbers(device, pad(half, [0], [1], 0.1), [1, 0.0999755859375]);
      await expectNumbers(device, pad(half, [1], [0], 1e6), [Infinity, 1]);
    }
  });

  test('refuses borders that are not whole and values that the dtype cannot hold', () => {
    const x = tensor([1, 2], [2]);
    expect(() => pad(x, [-1], [0])).toThrow(/before\[0\] must be a whole number of at least 0, got -1/);
    expect(() => pad(x, [0], [])).toThrow(/after must have a number for each axis of \[2\], got \[\]/);
    const tokens = tensor([1], [1], 'i32');
    for (const value of [0.5, NaN, 2 ** 24])
      expect(() => pad(tokens, [0], [1], value)).toThrow(/value must be a whole/);
  });
});
