/** Plans on the CPU: what outlives runs, what runs share, who computes ops of others, and what is said when it ends. */
import { afterAll, describe, expect, test } from 'vitest';
import { add, appendRows, assign, compile, createCache, linear, mul, relu, softmax, tensor } from '../../ops/index.ts';
import { makeCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { State, apply, constant, isOf, placeholder } from '../index.ts';
import type { CpuDevice, Op, Tensor } from '../index.ts';

const device = makeCpuTestDevice();
afterAll(() => device.dispose());

const kept = async (of: CpuDevice = device): Promise<number> => {
  await of.memory.turn(async () => {});
  return of.memory.bytes.kept;
};

/** An op that no worker knows. */
const doubleOp: Op<undefined> = {
  name: 'double',
  infer: ([x]) => x!,
  reference: ({ inputs: [x], output }) => x!.forEach((value, index) => (output[index] = 2 * value)),
};
const double = (x: Tensor): Tensor => apply(doubleOp, [x], undefined);

describe('memory', () => {
  test('plans share constants, and the last frees them', async () => {
    const before = await kept();
    const w = tensor(new Float32Array(64 * 64).fill(1), [64, 64]);
    const plans = [1, 5].map((rows) => compile(device, ({ x }) => add(x, w), { x: [rows, 64, 64] }, { rules: [] }));
    await Promise.all(plans.map((plan) => plan.prepare()));
    const both = (await kept()) - before;
    expect(both).toBeLessThan(2 * 64 * 64 * 4);
    plans[0]!.dispose();
    const x = new Float32Array(5 * 64 * 64).fill(1);
    expect(await plans[1]!.run({ x })).toEqual(new Float32Array(x.length).fill(2));
    plans[1]!.dispose();
    expect(await kept()).toBe(before);
  });

  test('a plan whose runs take more than those of another leaves no gap where they had theirs', async () => {
    using own = makeCpuTestDevice();
    const first = own.memory.bytes.peak;
    for (const rows of [16, 20]) {
      const w = tensor(new Float32Array(rows * 4096), [rows, 4096]);
      const plan = compile(own, ({ x }) => add(x, w), { x: [rows, 4096] }, { rules: [] });
      await plan.run({ x: new Float32Array(rows * 4096) });
    }
    const { used, peak } = own.memory.bytes;
    expect(peak - first).toBeLessThan(1.2 * used);
  });

  test('a constant that cannot be read is asked for again', async () => {
    let asked = 0;
    const read = async (): Promise<Float32Array> => {
      if (asked++ === 0) throw new Error('the file is away');
      return Float32Array.of(2);
    };
    const plan = compile(device, ({ x }) => add(x, constant('w', { shape: [1], dtype: 'f32' }, read)), { x: [1] });
    await expect(plan.run({ x: [1] })).rejects.toThrow('the file is away');
    expect([...(await plan.run({ x: [1] }))]).toEqual([3]);
    plan.dispose();
  });

  test('what 32 bits cannot address is refused before anything is read', async () => {
    const read = (): never => {
      throw new Error('it was read');
    };
    const halves = [0, 1].map((index) => constant(`w${index}`, { shape: [2 ** 29 + 1], dtype: 'f32' }, read));
    const plan = compile(device, () => add(halves[0]!, halves[1]!), {}, { rules: [] });
    await expect(plan.run({})).rejects.toMatchObject({ code: 'E_MEMORY' });
    await expect(plan.run({})).rejects.toThrow(/\d{10} bytes are wanted/);
    plan.dispose();
  });
});

describe('states', () => {
  test('grow row by row in plans that share them, and begin anew when they were freed', async () => {
    const form = { batch: 1, sequences: 1, length: 3, first: 0, groups: 1, size: 4 };
    const before = await kept();
    const cache = createCache('cache', form);
    const types = { x: { shape: [1, 4], dtype: 'f32' }, position: { shape: [1], dtype: 'i32' } } as const;
    const plan = compile(device, ({ x, position }) => relu(appendRows(cache, x, position, form)), types);
    const other = compile(device, () => relu(cache.tensor), {});
    for (const row of [0, 1, 2]) await plan.run({ x: [row, row, row, row], position: [row] });
    expect([...(await other.run({}))]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
    cache.dispose();
    await plan.run({ x: [7, 7, 7, 7], position: [0] });
    expect((await other.run({}))[0]).toBe(7);
    [plan, other, cache].forEach((one) => one.dispose());
    expect(await kept()).toBe(before);
  });

  test('what is derived of one is made again when it has changed, and else is not', async () => {
    const state = new State('w', { shape: [3, 4], dtype: 'f32' });
    const write = compile(device, ({ w }) => assign(state, w), { w: [3, 4] });
    const plan = compile(device, ({ x }) => linear(x, state.tensor), { x: [9, 4] });
    const x = new Float32Array(36).fill(1);
    for (const value of [1, 2]) {
      await write.run({ w: new Float32Array(12).fill(value) });
      for (const round of [0, 1]) expect((await plan.run({ x }))[0], `round ${round}`).toBe(4 * value);
    }
    [write, plan, state].forEach((one) => one.dispose());
  });
});

describe('runs', () => {
  test('of several plans at once each have their own numbers', async () => {
    const plans = [2, 3, 4].map((factor) =>
      compile(device, ({ x }) => mul(softmax(x, 1), tensor([factor], [1])), { x: [8, factor] }),
    );
    const ones = (length: number): Float32Array => new Float32Array(length).fill(1);
    const all = await Promise.all([0, 1, 2, 0, 1, 2].map((index) => plans[index]!.run({ x: ones(8 * (index + 2)) })));
    for (const result of all) for (const value of result) expect(value).toBeCloseTo(1, 6);
    plans.forEach((plan) => plan.dispose());
  });

  test('stop when they are told to, and the next goes on', async () => {
    const plan = compile(device, ({ x }) => relu(x), { x: [4] });
    const { signal } = { signal: AbortSignal.abort() };
    await expect(plan.run({ x: [1, 2, 3, 4] }, { signal })).rejects.toMatchObject({ code: 'E_ABORTED' });
    expect([...(await plan.run({ x: [1, -2, 3, 4] }))]).toEqual([1, 0, 3, 4]);
    plan.dispose();
    await expect(plan.run({ x: [1, 2, 3, 4] })).rejects.toMatchObject({ code: 'E_DISPOSED' });
  });

  test('of ops of others go by their loops, and explain says which do', async () => {
    const plan = compile(device, ({ x }) => relu(double(relu(x))), { x: [3] });
    expect([...(await plan.run({ x: [1, -1, 2] }))]).toEqual([2, 0, 4]);
    expect(plan.explain()).toMatch(/double \[3\]: plain loop/);
    const times = await plan.profile({ x: [1, -1, 2] });
    expect(times.map(({ name }) => name)).toEqual(['relu', 'double', 'relu']);
    for (const { milliseconds } of times) expect(milliseconds).toBeGreaterThanOrEqual(0);
    plan.dispose();
  });

  test('on a device that is gone say so', async () => {
    const own = makeCpuTestDevice();
    const plan = compile(own, ({ x }) => relu(x), { x: [1] });
    own.dispose();
    expect(own.isUsable).toBe(false);
    await expect(plan.run({ x: [1] })).rejects.toMatchObject({ code: 'E_DISPOSED' });
    expect(isOf(placeholder('x', { shape: [1], dtype: 'f32' }), doubleOp)).toBe(false);
  });
});
