/** Caches: rows drawn in place into a texture that outlives the run, on every variant and on the reference. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile, interpret, referenceDevice, tensor } from '../../engine/index.ts';
import type { Device } from '../../engine/index.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference } from '../../test/helpers/identical.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { seeds } from '../../test/helpers/shapes.ts';
import { slice } from '../slice/slice.ts';
import { appendRows, cacheShape, createCache, layRows } from './cache.ts';
import type { CacheAttributes } from './attributes.ts';

const forms: fc.Arbitrary<CacheAttributes> = fc
  .record({
    sequences: fc.integer({ min: 1, max: 3 }),
    copies: fc.integer({ min: 1, max: 3 }),
    length: fc.integer({ min: 1, max: 90 }),
    first: fc.constantFrom(0, 3, 8),
    groups: fc.integer({ min: 1, max: 3 }),
    size: fc.constantFrom(1, 4, 6, 8),
  })
  .map(({ copies, ...form }) => ({ ...form, batch: form.sequences * copies }));

const channelsOf = ({ first, groups, size }: CacheAttributes): number => first + groups * size + 1;

describe('a cache', () => {
  test('of a whole sequence holds every vector, padded to texels', async () => {
    await checkOnEveryVariant(fc.record({ form: forms, seed: seeds }), async (device, { form, seed }) => {
      const rows = form.sequences * form.length;
      const x = tensor(createRandom(seed).gaussians(rows * channelsOf(form)), [rows, channelsOf(form)]);
      await expectIdenticalToReference(device, layRows(x, form));
    });
  });

  test('by hand: two sequences share what one row gives, and the third lane of a vector of 3 is followed by zero', async () => {
    const form = { batch: 2, sequences: 1, length: 2, first: 1, groups: 1, size: 3 };
    const x = tensor([9, 1, 2, 3, 9, 4, 5, 6], [2, 4]);
    // [1, 4 lanes, 2 positions, 2 sequences]
    expect(Array.from((await interpret([layRows(x, form)]))[0]!)).toEqual([
      1, 1, 4, 4, 2, 2, 5, 5, 3, 3, 6, 6, 0, 0, 0, 0,
    ]);
  });

  test('grows row by row over runs, in place, and two plans see the same one', async () => {
    await checkOnEveryVariant(
      fc.record({ form: forms, seed: seeds }),
      async (device, { form, seed }) => {
        const grown = await growInTwoPlans(device, form, seed);
        expect(grown).toEqual(await growInTwoPlans(referenceDevice, form, seed));
      },
      4,
    );
  });

  test('frees its texture', async () => {
    const device = await openTestDevice();
    const form = { batch: 1, sequences: 1, length: 5, first: 0, groups: 1, size: 4 };
    const before = device.gpu.textures.ledger();
    const cache = createCache('cache', form);
    const plan = compile(
      device,
      ({ x, at }) => slice(appendRows(cache, x, at, form), [0, 0, 2, 0], [1, 4, 3, 1]),
      { x: [1, 4], at: { shape: [1], dtype: 'i32' } },
      { rules: [] },
    );
    await plan.run({ x: [1, 2, 3, 4], at: [2] });
    expect(device.gpu.textures.ledger().stateBytes - before.stateBytes).toBe(5 * 16);
    plan.dispose();
    cache.dispose();
    expect(device.gpu.textures.ledger()).toMatchObject({
      stateBytes: before.stateBytes,
      liveTextures: before.liveTextures,
    });
  });

  test.each(['WebGL', 'the CPU'])('has no rows beyond its last, and none before its first, on %s', async (kind) => {
    const device = kind === 'WebGL' ? await openTestDevice() : openCpuTestDevice();
    const form = { batch: 1, sequences: 1, length: 5, first: 0, groups: 1, size: 4 };
    const cache = createCache('cache', form);
    const plan = compileAppend(device, cache, form, 1);
    for (const at of [5, -1, 2 ** 30]) {
      await expect(plan.run({ x: [1, 2, 3, 4, 5], at: [at] })).rejects.toMatchObject({ code: 'E_INPUT' });
    }
    await plan.run({ x: [1, 2, 3, 4, 5], at: [4] });
    plan.dispose();
    cache.dispose();
  });

  test('refuses rows of another form', () => {
    const form = { batch: 2, sequences: 2, length: 3, first: 0, groups: 1, size: 4 };
    const cache = createCache('cache', form);
    const at = tensor([0], [1], 'i32');
    expect(() => appendRows(cache, tensor(new Float32Array(12), [3, 4]), at, form)).toThrow(
      /cache: x must be .* got \[3, 4\]/,
    );
    expect(() => appendRows(cache, tensor(new Float32Array(6), [2, 3]), at, form)).toThrow(/C at least 4/);
    expect(() => appendRows(cache, tensor(new Float32Array(8), [2, 4]), tensor([0], [1]), form)).toThrow(
      /position must be i32/,
    );
    expect(() => layRows(tensor(new Float32Array(8), [2, 4]), form)).toThrow(/all 3 rows of 2 sequences/);
    expect(cacheShape(form)).toEqual([1, 4, 3, 2]);
  });
});

/** The first half of a cache in one draw by one plan, the rest row by row by another; then all of it. */
async function growInTwoPlans(device: Device, form: CacheAttributes, seed: number): Promise<number[]> {
  const random = createRandom(seed);
  const cache = createCache('cache', form);
  const half = Math.ceil(form.length / 2);
  const planFor = (count: number): ReturnType<typeof compileAppend> => compileAppend(device, cache, form, count);
  const start = planFor(half);
  const step = planFor(1);
  const numbers = (count: number): Float32Array => random.gaussians(count * form.sequences * channelsOf(form));
  let all = await start.run({ x: numbers(half), at: [0] });
  for (let at = half; at < Math.min(form.length, half + 5); at++) all = await step.run({ x: numbers(1), at: [at] });
  for (const plan of [start, step]) plan.dispose();
  cache.dispose();
  // What no row was drawn into may hold anything.
  const [, lanes, length, width] = cacheShape(form) as [number, number, number, number];
  const drawn = Math.min(length, half + 5);
  return Array.from(all).filter(
    (_, index) => Math.floor(index / width) % length < drawn && index < lanes * length * width,
  );
}

function compileAppend(device: Device, cache: ReturnType<typeof createCache>, form: CacheAttributes, count: number) {
  return compile(
    device,
    ({ x, at }) => appendRows(cache, x, at, form),
    { x: [form.sequences * count, channelsOf(form)], at: { shape: [1], dtype: 'i32' } },
    { rules: [] },
  );
}
