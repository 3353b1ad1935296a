/** rotary: against its definition on every variant, and what angles are for: products depend on the distance only. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, referenceDevice, run, tensor } from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import { anyInputBound } from '../../test/helpers/bounds.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectNumbers } from '../../test/helpers/identical.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { seeds } from '../../test/helpers/shapes.ts';
import { rotary } from './rotary.ts';

const cases = fc.record({
  sequences: fc.integer({ min: 1, max: 3 }),
  count: fc.integer({ min: 1, max: 9 }),
  start: fc.integer({ min: 0, max: 60 }),
  vectors: fc.integer({ min: 0, max: 3 }),
  size: fc.constantFrom(2, 4, 6, 8),
  rest: fc.integer({ min: 0, max: 5 }),
  seed: seeds,
});

const at = (position: number): Tensor => tensor([position], [1], 'i32');

/** A table [T, D] of cosines and sines from angles [T, D / 2]. */
function tableOf(angles: readonly number[], length: number): Tensor {
  const turns = angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]);
  return tensor(Float64Array.from(turns), [length, turns.length / length]);
}

describe('rotary', () => {
  test('equals its definition; what does not turn keeps every bit', async () => {
    await checkOnEveryVariant(cases, async (device, { sequences, count, start, vectors, size, rest, seed }) => {
      const random = createRandom(seed);
      const channels = Math.max(1, vectors * size + rest);
      const x = random.gaussians(sequences * count * channels);
      const length = start + count;
      const angles = Array.from({ length: (length * size) / 2 }, () => 10 * random.gaussian());
      const turns = Float32Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
      const given = tensor(x, [sequences * count, channels]);
      const turned = rotary(given, tensor(turns, [length, size]), at(start), { sequences, vectors });
      const define = (combine: (a: number, b: number) => number): Float64Array =>
        Float64Array.from(x, (value, index) => {
          const [row, c] = [Math.floor(index / channels), index % channels];
          if (c >= vectors * size) return value;
          const place = (start + (row % count)) * size + (c % size) - (c % 2);
          const [cosine, sine] = [turns[place]!, turns[place + 1]!];
          const other = x[c % 2 === 0 ? index + 1 : index - 1]!;
          return combine(value * cosine, c % 2 === 0 ? -other * sine : other * sine);
        });
      const sizes = define((a, b) => Math.abs(a) + Math.abs(b));
      const bound = (index: number): number =>
        index % channels < vectors * size ? anyInputBound(2, Math.abs(sizes[index]!)) : 0;
      expectClose(
        await run(device, turned, { rules: [] }),
        define((a, b) => a + b),
        bound,
      );
    });
  });

  test('by hand: a quarter turn, a half, and a position beyond the table', async () => {
    const turns = tensor([1, 0, 0, 1, -1, 0], [3, 2]);
    const x = tensor([1, 2, 9, 3, 4, 9, 5, 6, 9], [3, 3]);
    const turned = rotary(x, turns, at(1), { sequences: 1, vectors: 1 });
    for (const device of [referenceDevice, await openTestDevice()]) {
      await expectNumbers(device, turned, [-2, 1, 9, -3, -4, 9, NaN, NaN, 9]);
    }
  });

  test('products of two vectors depend on how far apart they are', async () => {
    const angles = Array.from({ length: 12 }, (_, place) => [place * 0.7, place * 0.01]).flat();
    const random = createRandom(3);
    const [query, key] = [random.gaussians(4), random.gaussians(4)];
    const product = async (queryAt: number, keyAt: number): Promise<number> => {
      const turn = (x: Float32Array, place: number): Tensor =>
        rotary(tensor(x, [1, 4]), tableOf(angles, 12), at(place), { sequences: 1, vectors: 1 });
      const [q, k] = await interpret([turn(query, queryAt), turn(key, keyAt)]);
      return q!.reduce((sum, value, index) => sum + value * k![index]!, 0);
    };
    const near = await product(5, 3);
    expect(Math.abs((await product(11, 9)) - near)).toBeLessThan(1e-12);
    expect(Math.abs((await product(5, 2)) - near)).toBeGreaterThan(1e-3);
  });

  test('refuses other shapes and types', () => {
    const x = tensor([1, 2, 3, 4], [2, 2]);
    const turns = tensor([1, 0], [1, 2]);
    expect(() => rotary(x, turns, tensor([0], [1]), { sequences: 1, vectors: 1 })).toThrow(/position must be i32/);
    expect(() => rotary(x, turns, at(0), { sequences: 1, vectors: 2 })).toThrow(/2 · D at most C.* got \[2, 2\]/);
    expect(() => rotary(x, turns, at(0), { sequences: 3, vectors: 1 })).toThrow(/with S = 3/);
    expect(() => rotary(x, tensor([1], [1, 1]), at(0), { sequences: 1, vectors: 1 })).toThrow(/D even/);
  });
});
