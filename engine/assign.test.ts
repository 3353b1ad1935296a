/**
 * States that a run assigns: what it reads of them is what they were, all change at once when it ends, and a run that
 * is stopped changes nothing. On every kind of device.
 */
import { describe, expect, test } from 'vitest';
import { add, assign, compile, mul, relu, reshape, tensor } from '../ops/index.ts';
import { openCpuTestDevice } from '../test/helpers/cpu-device.ts';
import { openTestDevice } from '../test/helpers/devices.ts';
import { State, referenceDevice } from './index.ts';
import type { Device } from './index.ts';

const devices: [string, Device][] = [
  ['webgl', await openTestDevice()],
  ['cpu', openCpuTestDevice()],
  ['reference', referenceDevice],
];

const type = { shape: [3], dtype: 'f32' } as const;

function parameter(label: string, numbers: readonly number[]): State {
  return new State(label, type, { initial: async () => Float32Array.from(numbers) });
}

async function read(device: Device, ...states: readonly State[]): Promise<number[][]> {
  const plan = compile(device, () => Object.fromEntries(states.map(({ label, tensor }) => [label, tensor])), {});
  const numbers = await plan.run({});
  plan.dispose();
  return states.map(({ label }) => [...numbers[label]!]);
}

describe.each(devices)('%s', (_, device) => {
  test('a state begins with its numbers, and again after it was freed', async () => {
    const w = parameter('w', [1, 2, 3]);
    expect(await read(device, w)).toEqual([[1, 2, 3]]);
    w.dispose();
    expect(await read(device, w)).toEqual([[1, 2, 3]]);
    w.dispose();
  });

  test('two states exchange their numbers, and what reads them reads the old ones', async () => {
    const [a, b] = [parameter('a', [1, 2, 3]), parameter('b', [4, 5, 6])];
    const plan = compile(
      device,
      ({ x }) => ({ y: add(mul(a.tensor, x), b.tensor), effects: [assign(a, b.tensor), assign(b, a.tensor)] }),
      { x: [1] },
    );
    expect(plan.outputs.effects).toHaveLength(2);
    const result = await plan.run({ x: [10] });
    expect(Object.keys(result)).toEqual(['y']);
    expect([...result.y]).toEqual([14, 25, 36]);
    expect(await read(device, a, b)).toEqual([
      [4, 5, 6],
      [1, 2, 3],
    ]);
    expect([...(await plan.run({ x: [10] })).y]).toEqual([41, 52, 63]);
    expect(await read(device, a, b)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    plan.dispose();
    a.dispose();
    b.dispose();
  });

  test('what reads an assigned value reads the new numbers, a hundred runs long', async () => {
    const w = parameter('w', [0, 0, 0]);
    const plan = compile(device, ({ x }) => relu(assign(w, add(w.tensor, x))), { x: [3] });
    for (let step = 1; step <= 100; step++) {
      expect([...(await plan.run({ x: [1, -1, 2] }))]).toEqual([step, 0, 2 * step]);
    }
    expect(await read(device, w)).toEqual([[100, -100, 200]]);
    plan.dispose();
    w.dispose();
  });

  test('a run that is stopped changes nothing', async () => {
    const [a, b] = [parameter('a', [1, 2, 3]), parameter('b', [4, 5, 6])];
    const wide = (x: typeof a.tensor): typeof a.tensor => reshape(relu(reshape(x, [3, 1])), [3]);
    const plan = compile(device, () => ({ effects: [assign(a, wide(b.tensor)), assign(b, wide(a.tensor))] }), {});
    await plan.prepare();
    const controller = new AbortController();
    controller.abort();
    await expect(plan.run({}, { signal: controller.signal })).rejects.toThrow(/stopped on request/);
    let asked = 0;
    const late = {
      get aborted(): boolean {
        return ++asked > 2;
      },
    };
    await plan.run({}, { signal: late }).catch(() => {});
    const [one, other] = await read(device, a, b);
    const swapped = one![0] === 4;
    expect([one, other]).toEqual(swapped ? [[4, 5, 6], [1, 2, 3]] : [[1, 2, 3], [4, 5, 6]]); // prettier-ignore
    plan.dispose();
    a.dispose();
    b.dispose();
  });

  test('wrong initial numbers, and a state assigned twice, are refused', async () => {
    const short = new State('short', type, { initial: () => [1, 2] as never });
    await expect(read(device, short)).rejects.toThrow(/State short: shape \[3\] begins with 3 numbers, got 2/);
    const w = parameter('w', [1, 2, 3]);
    const twice = (): object =>
      compile(device, () => ({ e: [assign(w, tensor([1, 1, 1], [3])), assign(w, w.tensor)] }), {});
    expect(twice).toThrow(/the state w is assigned twice/);
  });
});

test('a run on WebGL that is under way keeps the states that it began with', async () => {
  const device = await openTestDevice();
  const before = device.gpu.textures.ledger().stateBytes;
  const w = parameter('w', [1, 2, 3]);
  const slow = compile(device, ({ x }) => add(relu(relu(relu(x))), w.tensor), { x: [3] });
  const step = compile(device, ({ x }) => ({ effects: [assign(w, x)] }), { x: [3] });
  await Promise.all([slow.prepare(), step.prepare()]);
  await read(device, w);
  const results = await Promise.all([slow.run({ x: [0, 0, 0] }), step.run({ x: [7, 8, 9] })]);
  expect([[1, 2, 3], [7, 8, 9]]).toContainEqual([...results[0]]); // prettier-ignore
  expect(await read(device, w)).toEqual([[7, 8, 9]]);
  slow.dispose();
  step.dispose();
  w.dispose();
  expect(device.gpu.textures.ledger().stateBytes).toBe(before);
});
