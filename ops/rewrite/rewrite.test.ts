/**
 * Every rewrite rule keeps the meaning: on random integer graphs where it fits, the rewritten plan equals the float64
 * interpreter run on the graph as written, bit for bit, on every device variant; and it stays away where it must.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { State, compile, constant, interpret, placeholder, rewrite, sortTopologically } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { deviceVariants, expectSameAsReference, openTestDevice, openVariant } from '../../test/helpers/devices.ts';
import { createRandom } from '../../test/helpers/random.ts';
import type { Random } from '../../test/helpers/random.ts';
import { integerTensor } from '../../test/helpers/shapes.ts';
import {
  add,
  argmax,
  castToHalf,
  conv2d,
  embed,
  layerNorm,
  linear,
  maxPool2d,
  mul,
  oneHot,
  relu,
  rotary,
  scaleAdd,
  slice,
  standardRules,
  stridedConv2d,
  sum,
  tensor,
  upsampleNearest2d,
} from '../index.ts';
import { selectPositive } from '../elementwise/derivatives.ts';
import { sumPool2d } from '../sum-pool2d/sum-pool2d.ts';
import { conv2dByWeight } from '../conv2d-by-weight/conv2d-by-weight.ts';
import { algebra } from './standard-rules.ts';

interface Sizes {
  readonly batch: number;
  readonly channels: readonly [number, number, number];
  readonly height: number;
  readonly width: number;
  readonly seed: number;
}

const channel = fc.constantFrom(1, 3, 4, 5, 9);
const side = fc.constantFrom(1, 3, 4, 5, 8, 33);
const sizes: fc.Arbitrary<Sizes> = fc.record({
  batch: fc.constantFrom(1, 2),
  channels: fc.tuple(channel, channel, channel),
  height: side,
  width: side,
  seed: fc.integer(),
});

const image = (random: Random, ...shape: number[]): Tensor => integerTensor(random, shape, -8, 8);

/** For each rule a graph that it fits. */
const graphs: Readonly<Record<string, (sizes: Sizes, random: Random) => Tensor>> = {
  pack_conv2d: ({ batch, channels: [i, o], height, width }, random) => {
    const same = conv2d(image(random, batch, i, height, width), image(random, o, i, 3, 3), image(random, o));
    const padding = [1, 1, 1, 1] as const;
    const halved = stridedConv2d(
      image(random, batch, i, 2 * height, 2 * width + 1),
      image(random, o, i, 4, 4),
      undefined,
      {
        stride: 2,
        padding,
      },
    );
    return add(same, halved);
  },
  relu_on_read: ({ batch, channels: [i, o], height, width }, random) => {
    const x = relu(image(random, batch, i, height, width));
    const y = conv2d(x, image(random, o, i, 3, 1));
    return add(sum(y), conv2dByWeight(relu(image(random, batch, o, height, width)), x, [1, 3]));
  },
  residual_on_write: ({ batch, channels: [i, o], height, width }, random) => {
    const id = upsampleNearest2d(image(random, batch, o, height, width), 2);
    const x = image(random, batch, i, height * 2, width * 2);
    const first = scaleAdd(id, conv2d(x, image(random, o, i, 1, 1), image(random, o)), 0.25);
    return add(first, conv2d(x, image(random, o, i, 1, 3)));
  },
  pool_on_write: ({ batch, channels: [i, o], height, width }, random) => {
    const [h, w] = [2 * height, width + 1]; // odd widths too
    const x = relu(image(random, batch, i, h, w));
    const convolve = (): Tensor => conv2d(x, image(random, o, i, 1, 1), image(random, o));
    const residual = scaleAdd(image(random, batch, o, h, w), convolve(), 0.25); // on write first, then pooled
    return add(maxPool2d(convolve(), 2), maxPool2d(residual, 2));
  },
  upsample_later: ({ batch, channels: [i, m, o], height, width }, random) => {
    const x = upsampleNearest2d(image(random, batch, i, height, width), 2);
    const id = conv2d(x, image(random, o, i, 1, 1), image(random, o));
    const res = conv2d(relu(conv2d(relu(x), image(random, m, i, 1, 1))), image(random, o, m, 3, 3));
    return scaleAdd(id, res, 0.5);
  },
  pool_sooner: ({ batch, channels: [i, m, o], height, width }, random) => {
    const x = upsampleNearest2d(image(random, batch, i, height, width), 2);
    const [g, h] = [o, m].map((channels) => image(random, batch, channels, 2 * height, 2 * width)) as [Tensor, Tensor];
    const masked = selectPositive(conv2d(h, image(random, i, m, 1, 1)), x);
    const back = sumPool2d(add(conv2d(g, image(random, i, o, 1, 1)), masked), 2);
    return add(back, sum(conv2dByWeight(g, x, [1, 1])));
  },
  gather_one_hot: ({ batch, channels: [v, o], height, width }, random) => {
    const tokens = tensor(random.integers(batch * height * width, 0, v - 1), [batch, height, width], 'i32');
    return conv2d(oneHot(tokens, v, 1), image(random, o, v, 1, 1), image(random, o));
  },
  argmax_on_write: ({ batch, channels: [i, o, more], height, width }, random) => {
    const channels = o * more + 60; // around one chunk of 64 and beyond
    const logits = conv2d(
      relu(image(random, batch, i, height, width)),
      image(random, channels, i, 1, 1),
      image(random, channels),
    );
    return argmax(logits, 1); // small integers: ties abound, and the first must win
  },
  pack_linear: ({ channels: [i, o], height, width }, random) => {
    return linear(image(random, height * width, i), image(random, o, i), image(random, o));
  },
  keep_tables: ({ batch, channels: [, o], width }, random) => {
    const rows = Math.ceil(2 ** 18 / o);
    const read = random.integers(rows * o, -8, 8);
    const table = constant('table', { shape: [rows, o], dtype: 'f32' }, () => Float32Array.from(read), true);
    const tokens = tensor(random.integers(batch * width, 0, rows - 1), [batch, width], 'i32');
    return embed(tokens, table, image(random, width + 1, o), tensor([1], [1], 'i32'));
  },
  branch_on_write: ({ channels: [i, o], height, width }, random) => {
    const product = linear(image(random, height * width, i), image(random, o, i), image(random, o));
    return add(image(random, height * width, o), mul(product, image(random, o)));
  },
  half_on_write: ({ batch, channels: [i, o], height, width }, random) => {
    const x = castToHalf(image(random, batch, i, height, width));
    const w = tensor(random.integers(o * i * 9, -8, 8), [o, i, 3, 3], 'f16');
    return castToHalf(conv2d(relu(x), w, image(random, o))); // sums beyond 2048 are rounded, as the reference rounds
  },
  rotary_on_write: ({ channels: [i, o], height, width }, random) => {
    const rows = height * width;
    const product = linear(image(random, rows, i), image(random, o, i), image(random, o));
    // Whole numbers in the place of cosines and sines; an odd channel at the end stays.
    const attributes = { sequences: 1, vectors: Math.floor(o / 2) };
    return rotary(product, image(random, rows + 2, 2), tensor([2], [1], 'i32'), attributes);
  },
  drop_dead_channels: ({ batch, channels: [i, o, count], height, width }, random) => {
    const whole = conv2d(image(random, batch, i, height, width), image(random, o, i, 3, 3), image(random, o));
    const kept = Math.min(count, o);
    return slice(whole, [0, o - kept, 0, 0], [batch, kept, height, width]);
  },
};

/**
 * Winograd and the folded LayerNorm cancel large terms, activations round: they have tests of their own, in
 * ops/winograd, ops/linear and ops/group-norm; so have tiling and splitting, beside this file.
 */
const exactRules = standardRules.filter(({ name }) => !/^(winograd|tile|split|norm|activation|silu)/.test(name));

test('every standard rule is tested here', () => {
  expect(Object.keys(graphs).sort()).toEqual(exactRules.map((rule) => rule.name).sort());
});

describe.each(exactRules)('$name', (rule) => {
  const packing = standardRules.filter(({ name }) => name === 'pack_conv2d' || name === 'pack_linear');
  const rules: readonly Rule[] = [...new Set([rule, ...packing])];

  test.each(deviceVariants)('keeps the meaning on $name', async (variant) => {
    const device = await openVariant(variant);
    const check = async (given: Sizes): Promise<void> => {
      const graph = graphs[rule.name]!(given, createRandom(given.seed));
      expect(rewrite([graph], rules).applied.get(rule.name)).toBeGreaterThan(0);
      await expectSameAsReference(device, graph, 0, { rules });
      await expectSameAsReference(device, graph, 0, { rules: standardRules });
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 3, seed: 20261129 });
  });
});

test.each(algebra)('$name is true on any device: the loops make the same of it', async ({ name }) => {
  const check = async (given: Sizes): Promise<void> => {
    const graph = graphs[name]!(given, createRandom(given.seed));
    const { outputs, applied } = rewrite([graph], algebra);
    expect(applied.get(name)).toBeGreaterThan(0);
    expect(sortTopologically(outputs).filter(({ op }) => /packed|winograd/.test(op.name))).toEqual([]);
    expect(await interpret(outputs)).toEqual(await interpret([graph]));
  };
  await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 5, seed: 20261130 });
});

describe('rules stay away', () => {
  const random = createRandom(4);
  const count = (tensor: Tensor, name: string): number => rewrite([tensor], standardRules).applied.get(name) ?? 0;

  test('a convolution that others read keeps its own pass', () => {
    const x = image(random, 1, 4, 4, 4);
    const res = conv2d(x, image(random, 4, 4, 3, 3));
    expect(count(add(scaleAdd(x, res, 0.5), relu(res)), 'residual_on_write')).toBe(0);
  });

  test('a map that others read is written whole, and pooled from there', () => {
    const x = conv2d(image(random, 1, 4, 4, 4), image(random, 4, 4, 1, 1));
    expect(count(add(maxPool2d(x, 2), maxPool2d(relu(x), 2)), 'pool_on_write')).toBe(0);
  });

  test('nor 3×3 ones behind a sum of windows, nor what others read', () => {
    const convolve = (side: number): Tensor => conv2d(image(random, 1, 4, 4, 4), image(random, 4, 4, side, side));
    expect(count(sumPool2d(convolve(3), 2), 'pool_sooner')).toBe(0);
    const read = convolve(1);
    expect(count(add(sum(sumPool2d(read, 2)), read), 'pool_sooner')).toBe(0);
    expect(count(sumPool2d(convolve(1), 2), 'pool_sooner')).toBe(1);
  });

  test('3×3 convolutions do not move before an upsample', () => {
    expect(
      count(conv2d(upsampleNearest2d(image(random, 1, 4, 4, 4)), image(random, 4, 4, 3, 3)), 'upsample_later'),
    ).toBe(0);
  });
});

describe('weights that a run changes', () => {
  const random = createRandom(4);
  const nine = new Float32Array(9).fill(1);

  test('those that are computed are packed by a draw', async () => {
    const graph = conv2d(image(random, 1, 3, 5, 6), relu(image(random, 2, 3, 3, 3)));
    expect(rewrite([graph], standardRules).applied.get('pack_conv2d')).toBe(1);
    await expectSameAsReference(await openTestDevice(), graph, 0, { rules: standardRules });
  });

  test('so are those that are given, and once for all that they serve', async () => {
    const device = await openTestDevice();
    const inputs = { x: [1, 1, 3, 3], w: [1, 1, 3, 3] } as const;
    const trace = ({ x, w }: { x: Tensor; w: Tensor }): Tensor => conv2d(relu(conv2d(x, w)), w);
    const plan = compile(device, trace, inputs, { rules: standardRules });
    expect(plan.draws!.passes.map(({ op }) => op.name)).toEqual(['pack_weights', 'packed_conv2d', 'packed_conv2d']);
    expect([...(await plan.run({ x: nine, w: nine }))]).toEqual([25, 35, 25, 35, 49, 35, 25, 35, 25]);
    plan.dispose();
  });

  test('halves are not, since nobody sees whether they are finite', () => {
    const w = castToHalf(placeholder('w', { shape: [2, 3, 3, 3], dtype: 'f32' }));
    expect(rewrite([conv2d(image(random, 1, 3, 5, 6), w)], standardRules).applied.has('pack_conv2d')).toBe(false);
  });

  test('few rows do not repay the packing of a weight that is given', () => {
    const w = placeholder('w', { shape: [8, 4], dtype: 'f32' });
    const count = (rows: number): number =>
      rewrite([linear(image(random, rows, 4), w)], standardRules).applied.get('pack_linear') ?? 0;
    expect([count(1), count(7), count(8)]).toEqual([0, 0, 1]);
  });

  test('a LayerNorm is folded into a weight that a state holds, not into one that is given', () => {
    const normed = layerNorm(image(random, 9, 4), image(random, 4), image(random, 4));
    const fits = (w: Tensor): boolean => rewrite([linear(normed, w)], standardRules).applied.has('norm_on_read');
    expect(fits(placeholder('w', { shape: [8, 4], dtype: 'f32' }))).toBe(false);
    expect(fits(new State('w', { shape: [8, 4], dtype: 'f32' }).tensor)).toBe(true);
  });
});

test('a NaN among the logits is told by the fused arg-max as by the plain one', async () => {
  const random = createRandom(6);
  const w = random.gaussians(130);
  w[77] = NaN;
  const graph = argmax(conv2d(image(random, 1, 1, 5, 7), tensor(w, [130, 1, 1, 1])), 1);
  await expectSameAsReference(await openTestDevice(), graph, 0, { rules: standardRules });
  await expectSameAsReference(await openTestDevice(), graph, 0, { rules: [] });
});

test('rules that turn in circles are stopped', () => {
  const forever: Rule = {
    name: 'forever',
    why: '',
    apply: (node) => (node.op.name === 'relu' ? relu(node.inputs[0]!) : undefined),
  };
  expect(() => rewrite([relu(placeholder('x', { shape: [1], dtype: 'f32' }))], [forever])).toThrow(/did not settle/);
});
