/** linear, naive and packed, and what a packed one takes into its draw: LayerNorm, activations, gates, branches. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile, interpret, placeholder, rewrite, run, tensor } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { UNIT_ROUNDOFF, cancellingBound, gaussianBound } from '../../test/helpers/bounds.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { createRandom } from '../../test/helpers/random.ts';
import type { Random } from '../../test/helpers/random.ts';
import { seeds } from '../../test/helpers/shapes.ts';
import { add, mul } from '../elementwise/binary.ts';
import { gelu, geluTanh } from '../elementwise/unary.ts';
import { layerNorm } from '../layer-norm/layer-norm.ts';
import { standardRules } from '../rewrite/standard-rules.ts';
import { slice } from '../slice/slice.ts';
import { linear } from './linear.ts';

interface Sizes {
  readonly rows: number;
  readonly inner: number;
  readonly outputs: number;
  readonly seed: number;
}

const sizes: fc.Arbitrary<Sizes> = fc.record({
  rows: fc.integer({ min: 1, max: 20 }),
  inner: fc.integer({ min: 1, max: 40 }),
  outputs: fc.integer({ min: 1, max: 40 }),
  seed: seeds,
});

const gaussian = (random: Random, ...shape: number[]): Tensor =>
  tensor(random.gaussians(shape.reduce((a, b) => a * b, 1)), shape);

const ruleSets: readonly (readonly Rule[])[] = [[], standardRules];

/** Σ(ab)² of every element of x · wᵀ, with the bias as a further term. */
async function sumSquares(x: Tensor, w: Tensor, b: Tensor): Promise<Float64Array> {
  const squared = await Promise.all([x, w, b].map(async (t) => (await interpret([t]))[0]!.map((v) => v * v)));
  const [x2, w2, b2] = [x, w, b].map((t, index) => tensor(squared[index]!, t.shape));
  return (await interpret([linear(x2!, w2!, b2!)]))[0]!;
}

describe('linear', () => {
  test('keeps the sharp bound for Gaussian numbers of any size, naive and packed', async () => {
    await checkOnEveryVariant(sizes, async (device, { rows, inner, outputs, seed }) => {
      const random = createRandom(seed);
      const [x, w, b] = [gaussian(random, rows, inner), gaussian(random, outputs, inner), gaussian(random, outputs)];
      const squares = await sumSquares(x, w, b);
      const [expected] = await interpret([linear(x, w, b)]);
      for (const rules of ruleSets) {
        const actual = await run(device, linear(x, w, b), { rules });
        expectClose(actual, expected!, (at) => gaussianBound(inner + 1, squares[at]!));
      }
    });
  });

  test('refuses shapes that do not fit', () => {
    const [x, w] = [tensor([1, 2], [1, 2]), tensor([1, 2, 3], [3, 1])];
    expect(() => linear(x, w)).toThrow(/x \[R, K\], w \[O, K\].*got x \[1, 2\], w \[3, 1\].*for matmul/);
    expect(() => linear(x, tensor([1, 2], [1, 2]), tensor([1, 2], [2]))).toThrow(/bias \[2\]/);
  });
});

/** How a transformer uses products, with the rules that must fit. */
const graphs: Readonly<Record<string, { rules: readonly string[]; build: (sizes: Sizes, random: Random) => Tensor }>> =
  {
    'LayerNorm, product': {
      rules: ['norm_on_read'],
      build: ({ rows, inner, outputs }, random) =>
        linear(norm(random, rows, inner), gaussian(random, outputs, inner), gaussian(random, outputs)),
    },
    'LayerNorm, product without bias': {
      rules: ['norm_on_read'],
      build: ({ rows, inner, outputs }, random) => linear(norm(random, rows, inner), gaussian(random, outputs, inner)),
    },
    'product, gelu': {
      rules: ['activation_on_write'],
      build: ({ rows, inner, outputs }, random) =>
        gelu(linear(gaussian(random, rows, inner), gaussian(random, outputs, inner), gaussian(random, outputs))),
    },
    'LayerNorm, product, gelu_tanh': {
      rules: ['norm_on_read', 'activation_on_write'],
      build: ({ rows, inner, outputs }, random) =>
        geluTanh(linear(norm(random, rows, inner), gaussian(random, outputs, inner), gaussian(random, outputs))),
    },
    'LayerNorm, gated product': {
      rules: ['norm_on_read', 'activation_on_write'],
      build({ rows, inner, outputs }, random) {
        const both = linear(
          norm(random, rows, inner),
          gaussian(random, 2 * outputs, inner),
          gaussian(random, 2 * outputs),
        );
        return mul(slice(both, [0, 0], [rows, outputs]), gelu(slice(both, [0, outputs], [rows, outputs])));
      },
    },
    'branch with scale': {
      rules: ['branch_on_write'],
      build({ rows, inner, outputs }, random) {
        const branch = linear(
          gaussian(random, rows, inner),
          gaussian(random, outputs, inner),
          gaussian(random, outputs),
        );
        return add(gaussian(random, rows, outputs), mul(branch, gaussian(random, outputs)));
      },
    },
  };

function norm(random: Random, rows: number, inner: number): Tensor {
  return layerNorm(gaussian(random, rows, inner), gaussian(random, inner), gaussian(random, inner));
}

const quads: fc.Arbitrary<Sizes> = sizes.map((given) => ({
  ...given,
  inner: 4 * given.inner,
  outputs: 4 * given.outputs,
}));

describe('rules that put more into a product', () => {
  test.each(Object.entries(graphs))('%s', async (_name, { rules, build }) => {
    await checkOnEveryVariant(
      quads,
      async (device, given) => {
        const graph = build(given, createRandom(given.seed));
        const { applied, outputs } = rewrite([graph], standardRules);
        for (const rule of ['pack_linear', ...rules]) expect([...applied.keys()]).toContain(rule);
        expect(outputs[0]!.op.name).toBe('packed_linear'); // one draw in the end
        const [expected] = await interpret([graph]);
        const actual = await run(device, graph, { rules: standardRules });
        // Rows of unit variance, shifted by their first element, which is below 6: the cancelling terms of each product
        // are below 12 · √K · 6, and outputs, gates and scales multiply what is left by no more than their own size.
        const largest = expected!.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
        const bound = cancellingBound(8, 72 * Math.sqrt(given.inner) * largest);
        expectClose(actual, expected!, bound);
      },
      2,
    );
  });

  test('a folded LayerNorm does not mind a mean far from zero', async () => {
    const device = await openTestDevice();
    const random = createRandom(9);
    const x = tensor(
      random.gaussians(5 * 64).map((value) => value + 1000),
      [5, 64],
    );
    const graph = linear(layerNorm(x, gaussian(random, 64), gaussian(random, 64)), gaussian(random, 8, 64));
    const [expected] = await interpret([graph]);
    const actual = await run(device, graph, { rules: standardRules });
    // x itself is exact here; without the shift the error would be about 1000² · 2⁻²⁴ of a variance of 1.
    expectClose(actual, expected!, 64 * 8 * 72 * UNIT_ROUNDOFF);
  });

  test('what else reads a product keeps it', () => {
    const random = createRandom(3);
    const product = linear(placeholder('x', { shape: [2, 8], dtype: 'f32' }), gaussian(random, 8, 8));
    const { outputs } = rewrite([gelu(product), add(product, product)], standardRules);
    expect(outputs.map(({ op }) => op.name)).toEqual(['gelu', 'add']);
  });

  test('a LayerNorm whose width is no whole number of texels stays a pass', () => {
    const random = createRandom(4);
    const graph = linear(norm(random, 3, 6), gaussian(random, 4, 6));
    expect(rewrite([graph], standardRules).applied.has('norm_on_read')).toBe(false);
  });

  test('a weight that is an input is multiplied with few rows by the naive kernel', async () => {
    const device = await openTestDevice();
    const plan = compile(
      device,
      ({ w }) => linear(tensor([1, 2, 3], [1, 3]), w),
      { w: [2, 3] },
      { rules: standardRules },
    );
    expect(Array.from(await plan.run({ w: [1, 0, 0, 0, 1, 1] }))).toEqual([1, 5]);
    plan.dispose();
  });
});
