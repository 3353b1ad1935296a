/** Rows normed as they are appended: the rule finds them, and they are those of a LayerNorm, on every variant. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile, interpret, tensor } from '../../engine/index.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnWebGL } from '../../test/helpers/every-variant.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { seeds } from '../../test/helpers/shapes.ts';
import { layerNorm } from '../layer-norm/layer-norm.ts';
import { standardRules } from '../rewrite/standard-rules.ts';
import { rowsForm } from '../token-shift/token-shift.ts';
import { appendRows, cacheShape, createCache, layRows } from './cache.ts';

const cases = fc.record({
  sequences: fc.integer({ min: 1, max: 3 }),
  copies: fc.integer({ min: 1, max: 2 }),
  count: fc.integer({ min: 1, max: 5 }),
  size: fc.constantFrom(3, 4, 6, 16, 30),
  mean: fc.constantFrom(0, 1000),
  seed: seeds,
});

const at = { shape: [1], dtype: 'i32' } as const;

describe('a LayerNorm before an append', () => {
  test('is one draw, and equals the norm', async () => {
    await checkOnWebGL(
      cases,
      async (device, { sequences, copies, count, size, mean, seed }) => {
        const random = createRandom(seed);
        const form = { ...rowsForm({ batch: sequences * copies, length: count, size }), sequences };
        const [gain, shift] = [0, 1].map(() => tensor(random.gaussians(size), [size]));
        const x = random.gaussians(sequences * count * size).map((value) => value + mean);
        const cache = createCache('rows', form);
        const plan = compile(
          device,
          ({ x, position }) => appendRows(cache, layerNorm(x, gain!, shift!), position, form),
          { x: [sequences * count, size], position: at },
          { rules: standardRules },
        );
        expect(plan.draws!.passes.map(({ op }) => op.name)).toEqual(['append_normed']);
        const actual = await plan.run({ x, position: [0] });
        const normed = layerNorm(tensor(x, [sequences * count, size]), gain!, shift!);
        const [expected] = await interpret([layRows(normed, form)]);
        // As a LayerNorm alone (ops/layer-norm/cases.ts); less where numbers lie close together.
        const least = Math.min(1, smallestDeviation(x, size));
        const bound = (index: number): number => (2 ** -17 * (8 + Math.abs(expected![index]!))) / least;
        expectClose(actual, expected!, bound, { shape: cacheShape(form) });
        plan.dispose();
        cache.dispose();
      },
      4,
    );
  });

  test('stays a pass where something else reads it, or where only some channels are kept', async () => {
    const device = await openTestDevice();
    const form = { ...rowsForm({ batch: 1, length: 3, size: 4 }), sequences: 1 };
    const [cache, ones] = [createCache('rows', form), tensor([1, 1, 1, 1], [4])];
    const compiled = compile(
      device,
      ({ x, position }) => {
        const normed = layerNorm(x, ones, ones);
        return { normed, grown: appendRows(cache, normed, position, form) };
      },
      { x: [1, 4], position: at },
      { rules: standardRules },
    );
    expect(compiled.applied.has('norm_on_append')).toBe(false);
    const part = { ...form, first: 1, size: 3 };
    const some = createCache('some', part);
    const other = compile(
      device,
      ({ x, position }) => appendRows(some, layerNorm(x, ones, ones), position, part),
      { x: [1, 4], position: at },
      { rules: standardRules },
    );
    expect(other.applied.has('norm_on_append')).toBe(false);
    for (const plan of [compiled, other]) plan.dispose();
  });
});

/** Least standard deviation among the rows. */
function smallestDeviation(x: Float32Array, size: number): number {
  return Math.min(
    ...Array.from({ length: x.length / size }, (_, row) => {
      const numbers = x.subarray(row * size, (row + 1) * size);
      const mean = numbers.reduce((sum, value) => sum + value, 0) / size;
      return Math.sqrt(numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size);
    }),
  );
}
