/** What outlives a run: constants that plans share, and the rule that a state has one version only. */
import { expect, test } from 'vitest';
import { add, appendRows, createCache, matmul, relu, standardRules, tensor } from '../ops/index.ts';
import { openTestDevice } from '../test/helpers/devices.ts';
import { compile, makePlan, placeholder, planDraws } from './index.ts';
import { locateRows, layoutOf } from './gl/layout.ts';

const device = await openTestDevice();
const rules = standardRules;

test('plans that use the same constant share its texture, packed or not', async () => {
  const before = device.gpu.textures.ledger().weightBytes;
  const w = tensor(new Float32Array(64 * 64).fill(1), [64, 64]);
  const plans = [1, 5].map((rows) => compile(device, ({ x }) => matmul(x, w), { x: [rows, 64] }, { rules }));
  await Promise.all(plans.map((plan) => plan.prepare())); // at once: one reads, the other waits for it
  expect(device.gpu.textures.ledger().weightBytes - before).toBe(64 * 64 * 4);
  plans[0]!.dispose();
  expect(await plans[1]!.run({ x: new Float32Array(5 * 64).fill(1) })).toEqual(new Float32Array(5 * 64).fill(64));
  plans[1]!.dispose();
  expect(device.gpu.textures.ledger().weightBytes).toBe(before);
});

test('a constant that cannot be read is asked for again', async () => {
  let asked = 0;
  const read = async (): Promise<Float32Array> => {
    if (asked++ === 0) throw new Error('the file is away');
    return Float32Array.of(2);
  };
  const { constant } = await import('./index.ts');
  const plan = compile(
    device,
    ({ x }) => add(x, constant('w', { shape: [1], dtype: 'f32' }, read)),
    { x: [1] },
    { rules },
  );
  await expect(plan.run({ x: [1] })).rejects.toThrow('the file is away');
  expect([...(await plan.run({ x: [1] }))]).toEqual([3]);
  plan.dispose();
});

test('a state that is redrawn may be read in its new version only', () => {
  const form = { batch: 1, sequences: 1, length: 3, first: 0, groups: 1, size: 4 };
  const cache = createCache('cache', form);
  const x = placeholder('x', { shape: [1, 4], dtype: 'f32' });
  const position = placeholder('position', { shape: [1], dtype: 'i32' });
  const redrawn = appendRows(cache, x, position, form);
  const limits = { targets: 8, maxTextureSize: 64, fetch: 'texelFetch' } as const;
  expect(planDraws(makePlan([relu(redrawn)], []), limits).stateBytes).toBe(3 * 16);
  expect(() => planDraws(makePlan([add(redrawn, cache.tensor)], []), limits)).toThrow(
    /redraws .* is read elsewhere too/,
  );
});

test('rows of a state that is cut into tiles lie in one rectangle a tile', () => {
  const layout = layoutOf({ shape: [1, 4, 10, 7], dtype: 'f32' }, { width: 1, height: 1 }, { maxTextureSize: 4 });
  const covered = new Set<string>();
  for (const { fold, x, y, width, height } of locateRows(layout, { first: 3, count: 6 })) {
    expect(x + width).toBeLessThanOrEqual(4);
    for (let row = y; row < y + height; row++)
      for (let column = x; column < x + width; column++) covered.add(`${fold},${column},${row}`);
  }
  expect(covered.size).toBeGreaterThanOrEqual(6 * 7);
});
