/**
 * Derived values on a device: what is derived of constants is the same by draws as by the CPU; what is derived of
 * states is drawn once and again after a change, stays on the device, is shared by plans, and is as fast as a
 * constant's.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { countDraws } from '../../bench/count-draws.ts';
import { add, assign, conv2d, layerNorm, linear, oneHot, relu, slice, standardRules } from '../../ops/index.ts';
import { tensor } from '../../ops/index.ts';
import { packWeights } from '../../ops/conv2d/packed-conv2d.ts';
import { absoluteMatrices, winograd2, winograd4 } from '../../ops/winograd/matrices.ts';
import type { WinogradMatrices } from '../../ops/winograd/matrices.ts';
import { winogradWeights } from '../../ops/winograd/weights.ts';
import { winogradRule } from '../../ops/rewrite/winograd.ts';
import { UNIT_ROUNDOFF } from '../../test/helpers/bounds.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { deviceVariants, openVariant } from '../../test/helpers/devices.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { integerTensor } from '../../test/helpers/shapes.ts';
import { State, compile, interpret, run, sizeOf } from '../index.ts';
import type { Rule, Shape, Tensor, WebGLDevice } from '../index.ts';

const rules = standardRules;
const everywhere = { channels: 1, pixels: 1, transformed: Infinity };
const winograd: readonly Rule[] = [...rules, winogradRule('winograd', winograd2, everywhere)];
const small = deviceVariants.filter(({ name }) => ['R=8', 'R=2 textures ≤ 64'].includes(name));
const random = createRandom(20261130);
const whole = (...shape: number[]): Tensor => integerTensor(random, shape, -8, 8);
const numbers = (shape: Shape): Float32Array => Float32Array.from(random.integers(sizeOf(shape), -8, 8));

/** The variant with all constants derived by draws, or all by the CPU. */
const openDeriving = (variant: (typeof deviceVariants)[number], deriveFrom: number): Promise<WebGLDevice> =>
  openVariant({ name: `${variant.name} from ${deriveFrom}`, options: { ...variant.options, deriveFrom } });

/** Graphs whose weights are derived by every op that there is for it. */
const graphs: Readonly<Record<string, () => Tensor>> = {
  'conv2d 1×1': () => conv2d(whole(1, 5, 9, 7), whole(6, 5, 1, 1), whole(6)),
  'conv2d 7×5': () => conv2d(whole(2, 5, 9, 7), whole(6, 5, 7, 5), whole(6)),
  'some channels': () => slice(conv2d(whole(1, 5, 9, 7), whole(6, 5, 3, 3), whole(6)), [0, 2, 0, 0], [1, 3, 9, 7]),
  'a table': () => {
    const tokens = tensor(random.integers(12, 0, 8), [1, 3, 4], 'i32');
    return conv2d(oneHot(tokens, 9, 1), whole(6, 9, 1, 1), whole(6));
  },
  linear: () => linear(whole(9, 13), whole(7, 13), whole(7)),
};

describe.each(small)('constants on $name', (variant) => {
  test.each(Object.entries(graphs))('%s is the same by draws as by the CPU', async (_name, build) => {
    const graph = build();
    const [expected] = await interpret([graph]);
    for (const deriveFrom of [1, Infinity]) {
      expectClose(await run(await openDeriving(variant, deriveFrom), graph, { rules }), expected!, 0);
    }
  });

  test('a folded LayerNorm is as near as by the CPU', async () => {
    const graph = linear(layerNorm(whole(9, 16), whole(16), whole(16)), whole(13, 16), whole(13));
    const [expected] = await interpret([graph]);
    const bound = UNIT_ROUNDOFF * 8 * 64 * 64;
    for (const deriveFrom of [1, Infinity]) {
      expectClose(await run(await openDeriving(variant, deriveFrom), graph, { rules }), expected!, bound);
    }
  });

  test.each([
    ['F(2×2)', winograd2, 1],
    ['F(2×2) by phase', winograd2, 2],
    ['F(4×4)', winograd4, 1],
    ['F(4×4) by phase', winograd4, 2],
  ] as const)('weights of %s keep the bound of their roundings', async (_name, matrices, phases) => {
    const device = await openDeriving(variant, 1);
    const shape = [8, 5, 3, 3];
    const w = random.gaussians(sizeOf(shape));
    const transform = (values: Float32Array, used: WinogradMatrices): Tensor =>
      winogradWeights(packWeights(tensor(values, shape), 4), { matrices: used, dtype: 'f32', phases });
    const graphs = [transform(w, matrices), transform(w.map(Math.abs), absoluteMatrices(matrices))];
    const [expected, sums] = await interpret(graphs);
    // Two sums along each axis, what the scales round, and the product with them.
    expectClose(await run(device, graphs[0]!, { rules }), expected!, (at) => 2 * UNIT_ROUNDOFF * 7 * sums![at]!);
  });
});

describe.each(small)('states on $name', (variant) => {
  const x = { conv2d: numbers([1, 5, 9, 7]), linear: numbers([9, 13]) };
  const shapes = { conv2d: [8, 5, 3, 3], linear: [7, 13] } as const;

  test.each([
    ['conv2d', rules, ['packed_conv2d']],
    ['conv2d', winograd, ['winograd_forward', 'winograd_forward', 'winograd_product', 'winograd_inverse']],
    ['linear', rules, ['packed_linear']],
  ] as const)('%s whose weight changes between runs takes the packed kernels', async (kind, chosen, kernels) => {
    const device = await openVariant(variant);
    const before = device.gpu.textures.ledger();
    const op = kind === 'conv2d' ? conv2d : linear;
    const weight = new State('w', { shape: shapes[kind], dtype: 'f32' });
    const given = kind === 'conv2d' ? ([1, 5, 9, 7] as const) : ([9, 13] as const);
    const product = compile(device, ({ x }) => relu(op(x, weight.tensor)), { x: given }, { rules: chosen });
    const change = compile(device, ({ w }) => assign(weight, w), { w: shapes[kind] }, { rules: chosen });
    const passes = product.draws!.passes.map(({ op }) => op.name);
    expect(passes.slice(0, kernels.length)).toEqual(kernels);
    const draws: number[] = [];
    for (let round = 0; round < 2; round++) {
      const w = numbers(shapes[kind]);
      await change.run({ w });
      const plain = tensor(x[kind], given);
      const [expected] = await interpret([relu(op(plain, tensor(w, shapes[kind])))]);
      for (let again = 0; again < 2; again++) {
        const work = async (): Promise<void> => {
          expect(await product.run({ x: x[kind] })).toEqual(Float32Array.from(expected!, (value) => value + 0));
        };
        draws.push(await countDraws(device.gl, work));
      }
    }
    // The weight is packed in the first run after each change, and stays on the device.
    const [first, second, third, fourth] = draws as [number, number, number, number];
    expect([first > second, third > fourth, second === fourth]).toEqual([true, true, true]);
    product.dispose();
    change.dispose();
    weight.dispose();
    const { weightBytes, stateBytes, liveTextures } = device.gpu.textures.ledger();
    expect({ weightBytes, stateBytes, liveTextures }).toMatchObject({
      weightBytes: before.weightBytes,
      stateBytes: before.stateBytes,
      liveTextures: before.liveTextures,
    });
  });
});

describe('what is derived of a state', () => {
  const [variant] = deviceVariants as [(typeof deviceVariants)[number]];
  const shape = [4, 4, 1, 1] as const;
  const made: { dispose(): void }[] = [];
  afterEach(() => made.splice(0).forEach((one) => one.dispose()));
  const keep = <T extends { dispose(): void }>(one: T): T => (made.push(one), one);
  const identity = (scale: number): Float32Array =>
    Float32Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? scale : 0));

  test('is shared by plans', async () => {
    const device = await openVariant(variant);
    const weight = keep(new State('w', { shape, dtype: 'f32' }));
    const change = keep(compile(device, ({ w }) => assign(weight, w), { w: shape }, { rules }));
    const plans = [3, 5].map((side) =>
      keep(compile(device, ({ x }) => conv2d(x, weight.tensor), { x: [1, 4, 1, side] }, { rules })),
    );
    await change.run({ w: identity(2) });
    const bytes = device.gpu.textures.ledger().weightBytes;
    for (const [index, side] of [3, 5].entries()) {
      const x = new Float32Array(4 * side).fill(1);
      expect(await plans[index]!.run({ x })).toEqual(x.map(() => 2));
    }
    expect(device.gpu.textures.ledger().weightBytes - bytes).toBe(plans[0]!.draws!.constantBytes);
  });

  test('is made by whoever comes first of runs that overlap, and again after a run that was stopped', async () => {
    const device = keep(
      await openVariant({ name: 'short portions', options: { targets: 8, portionMilliseconds: 0.01 } }),
    ) as WebGLDevice;
    made.pop(); // the device is everybody's
    const weight = keep(new State('w', { shape: [64, 64, 3, 3], dtype: 'f32' }));
    const change = keep(compile(device, ({ w }) => assign(weight, w), { w: [64, 64, 3, 3] }, { rules }));
    const plan = keep(compile(device, ({ x }) => conv2d(x, weight.tensor), { x: [1, 64, 5, 5] }, { rules }));
    const x = numbers([1, 64, 5, 5]);
    const expectedOf = async (w: Float32Array): Promise<Float32Array> => {
      const [expected] = await interpret([conv2d(tensor(x, [1, 64, 5, 5]), tensor(w, [64, 64, 3, 3]))]);
      return Float32Array.from(expected!, (value) => value + 0);
    };
    for (let round = 0; round < 2; round++) {
      const w = numbers([64, 64, 3, 3]);
      await change.run({ w });
      const stop = new AbortController();
      const stopped = plan.run({ x }, { signal: stop.signal });
      const runs = [plan.run({ x }), plan.run({ x })];
      stop.abort();
      await expect(stopped).rejects.toMatchObject({ code: 'E_ABORTED' });
      const expected = await expectedOf(w);
      for (const result of await Promise.all(runs)) expect(result).toEqual(expected);
    }
  });

  test('is not changed under a run that reads it', async () => {
    const device = await openVariant({ name: 'short portions', options: { targets: 8, portionMilliseconds: 0.01 } });
    const weight = keep(new State('w', { shape, dtype: 'f32' }));
    const change = keep(compile(device, ({ w }) => assign(weight, w), { w: shape }, { rules }));
    const chain = (x: Tensor): Tensor => [1, 2, 3, 4, 5, 6].reduce((y) => relu(conv2d(y, weight.tensor)), x);
    const plan = keep(compile(device, ({ x }) => chain(x), { x: [1, 4, 64, 64] }, { rules }));
    const x = new Float32Array(4 * 64 * 64).fill(1);
    await change.run({ w: identity(1) });
    await plan.run({ x });
    const first = plan.run({ x }); // under way while the weight changes and others run with the new one
    const second = change.run({ w: identity(2) }).then(() => plan.run({ x }));
    expect(await first).toEqual(x);
    expect(await second).toEqual(x.map(() => 64));
  });

  test('goes with constants', async () => {
    const device = await openVariant(variant);
    const gain = keep(new State('gain', { shape: [16], dtype: 'f32' }));
    const change = keep(compile(device, ({ g }) => assign(gain, g), { g: [16] }, { rules }));
    const [x, shift, w] = [whole(9, 16), whole(16), whole(13, 16)];
    const graph = (g: Tensor): Tensor => linear(layerNorm(x, g, shift), w);
    const plan = keep(compile(device, () => graph(gain.tensor), {}, { rules }));
    expect(plan.draws!.passes.map(({ op }) => op.name)).toEqual(['packed_linear']);
    for (let round = 0; round < 2; round++) {
      const g = numbers([16]);
      await change.run({ g });
      const [expected] = await interpret([graph(tensor(g, [16]))]);
      expectClose(await plan.run({}), expected!, UNIT_ROUNDOFF * 8 * 64 * 64);
    }
  });
});

test('a weight that a run redraws is packed in that run', async () => {
  const device = await openVariant(deviceVariants[0]!);
  const weight = new State('w', { shape: [1, 1, 1, 1], dtype: 'f32' });
  const trace = ({ x, w }: { x: Tensor; w: Tensor }): Tensor => conv2d(x, assign(weight, add(w, w)));
  const plan = compile(device, trace, { x: [1, 1, 1, 2], w: [1, 1, 1, 1] }, { rules });
  expect(await plan.run({ x: [1, 2], w: [3] })).toEqual(Float32Array.of(6, 12));
  expect(await plan.run({ x: [1, 2], w: [5] })).toEqual(Float32Array.of(10, 20));
  plan.dispose();
  weight.dispose();
});
