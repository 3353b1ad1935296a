/**
 * The gradient by the weight in Winograd's domain, on the CPU, against the plain float64 sums, in each build of the
 * kernels: F(2×2) is exact on small integers, and both keep the bound of what cancels, the same algorithm run on
 * absolute values.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, placeholder, rewrite } from '../../../engine/index.ts';
import type { Rule, Tensor } from '../../../engine/index.ts';
import { cancellingBound } from '../../../test/helpers/bounds.ts';
import { expectClose } from '../../../test/helpers/close.ts';
import { cpuVariants } from '../../../test/helpers/cpu-device.ts';
import { createRandom } from '../../../test/helpers/random.ts';
import { conv2dByWeight } from '../../conv2d-by-weight/conv2d-by-weight.ts';
import { relu, run, tensor } from '../../index.ts';
import { cpuRules } from '../../rewrite/standard-rules.ts';
import { winogradByWeightRule } from '../../rewrite/winograd-for-cpu.ts';
import { absoluteMatrices, winograd2, winograd4 } from '../matrices.ts';
import type { Matrix } from '../matrices.ts';

interface Sizes {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly height: number;
  readonly width: number;
  readonly clipped: boolean;
  readonly seed: number;
}

const sizes: fc.Arbitrary<Sizes> = fc
  .record({
    batch: fc.constantFrom(1, 2, 5),
    inChannels: fc.constantFrom(1, 3, 8, 35),
    outChannels: fc.constantFrom(1, 3, 4, 5, 12, 37),
    height: fc.constantFrom(1, 2, 3, 4, 5, 8, 13, 18),
    width: fc.constantFrom(1, 2, 3, 7, 16, 17, 30, 34, 66, 132),
    clipped: fc.boolean(),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  })
  .filter(({ batch, inChannels, outChannels, height, width }) => {
    return batch * inChannels * outChannels * height * width < 4e5;
  });

const rulesWith = (outputs: 2 | 4): Rule[] => [
  ...cpuRules.filter(({ name }) => !name.startsWith('winograd')),
  winogradByWeightRule('winograd', outputs, { channels: 1, pixels: 1, width: 1 }),
];

function makeGradient(given: Sizes, numbers: (length: number) => ArrayLike<number>) {
  const { batch, inChannels, outChannels, height, width, clipped } = given;
  const draw = (...shape: number[]): Float32Array => Float32Array.from(numbers(shape.reduce((a, b) => a * b, 1)));
  const [x, g] = [draw(batch, inChannels, height, width), draw(batch, outChannels, height, width)];
  const map = tensor(x, [batch, inChannels, height, width]);
  const cotangent = tensor(g, [batch, outChannels, height, width]);
  return { x, g, graph: conv2dByWeight(cotangent, clipped ? relu(map) : map, [3, 3]) };
}

function multiply(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => b[0]!.map((_, column) => row.reduce((sum, value, k) => sum + value * b[k]![column]!, 0)));
}

const turn = (a: Matrix): Matrix => a[0]!.map((_, column) => a.map((row) => row[column]!));

/** m · a · mᵀ. */
const around = (m: Matrix, a: Matrix): Matrix => multiply(multiply(m, a), turn(m));

/** The same algorithm with every matrix and number in absolute value. */
function sumAbsolutely({ x, g, graph }: { x: Float32Array; g: Float32Array; graph: Tensor }, given: Sizes, m: 2 | 4) {
  const { batch, inChannels, outChannels, height, width } = given;
  const { input, weight, output, tile } = absoluteMatrices(m === 4 ? winograd4 : winograd2);
  const cut = (from: Float32Array, plane: number, y: number, left: number, side: number): Matrix =>
    Array.from({ length: side }, (_, dy) =>
      Array.from({ length: side }, (_, dx) => {
        const [row, column] = [y + dy, left + dx];
        const inside = row >= 0 && row < height && column >= 0 && column < width;
        return inside ? Math.abs(from[(plane * height + row) * width + column]!) : 0;
      }),
    );
  const result = new Float64Array(graph.shape.reduce((a, b) => a * b, 1));
  const starts = (size: number): number[] => Array.from({ length: Math.ceil(size / m) }, (_, at) => at * m);
  const tiles = starts(height).flatMap((y) => starts(width).map((left) => [y, left] as const));
  for (let n = 0; n < batch; n++) {
    for (const [y, left] of tiles) {
      const xs = Array.from({ length: inChannels }, (_, i) =>
        around(input, cut(x, n * inChannels + i, y - 1, left - 1, tile)),
      );
      for (let o = 0; o < outChannels; o++) {
        const own = around(turn(output), cut(g, n * outChannels + o, y, left, m));
        for (let i = 0; i < inChannels; i++) {
          const products = own.map((row, u) => row.map((value, v) => value * xs[i]![u]![v]!));
          const kernel = around(turn(weight), products).flat();
          kernel.forEach((value, tap) => (result[(o * inChannels + i) * 9 + tap]! += value));
        }
      }
    }
  }
  return { sums: result, tiles: batch * tiles.length };
}

describe.each(cpuVariants)('by weight in the domain of Winograd on the CPU, $name', ({ open }) => {
  test('F(2×2, 3×3) is exact on small integers', async () => {
    const check = async (given: Sizes): Promise<void> => {
      const random = createRandom(given.seed);
      const { graph } = makeGradient(given, (length) => random.integers(length, -8, 8));
      expect(rewrite([graph], rulesWith(2)).applied.get('winograd')).toBe(1);
      const [expected] = await interpret([graph]);
      expectClose(await run(open(), graph, { rules: rulesWith(2) }), expected!, 0, { shape: graph.shape });
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 40, seed: 20261201 });
  });

  test.each([2, 4] as const)('F(%i×…, 3×3) keeps the bound of what cancels', async (outputs) => {
    const check = async (given: Sizes): Promise<void> => {
      const random = createRandom(given.seed);
      const gradient = makeGradient(given, (length) => random.gaussians(length));
      const [expected] = await interpret([gradient.graph]);
      const { sums, tiles } = sumAbsolutely(gradient, given, outputs);
      const actual = await run(open(), gradient.graph, { rules: rulesWith(outputs) });
      // Roundings in a row: 6 in each of two transforms of x, 4 in two of the cotangent and two back, one a tile.
      const bound = (i: number): number => cancellingBound(29 + tiles, sums[i]!);
      expectClose(actual, expected!, bound, { label: `seed ${given.seed}`, shape: gradient.graph.shape });
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 12, seed: 20261202 });
  });

  test('many tiles: the error is a few parts in a million of the norm', async () => {
    const given = { batch: 4, inChannels: 9, outChannels: 6, height: 64, width: 64, clipped: true, seed: 3 };
    const random = createRandom(given.seed);
    const { graph } = makeGradient(given, (length) => random.gaussians(length));
    const [expected] = await interpret([graph]);
    const actual = await run(open(), graph, { rules: rulesWith(4) });
    const norm = (numbers: ArrayLike<number>): number => Math.hypot(...Array.from(numbers));
    expect(norm(Array.from(actual, (value, i) => value - expected![i]!)) / norm(expected!)).toBeLessThan(4e-6);
  });
});

test('by tiles of four on wide maps, of two on smaller ones of many channels, else plainly', () => {
  const describeFor = (channels: number, side: number, kernel: number): string => {
    const map = placeholder('x', { shape: [2, channels, side, side], dtype: 'f32' });
    const [made] = rewrite([conv2dByWeight(map, map, [kernel, kernel])], cpuRules).outputs as [Tensor];
    return `${made.op.name} ${made.op.describe!(made.attributes)}`;
  };
  const chosen = [describeFor(16, 64, 3), describeFor(32, 8, 3), describeFor(16, 8, 3), describeFor(16, 64, 5)];
  expect(chosen).toEqual([
    'winograd_by_weight F(4, 3), 3×3',
    'winograd_by_weight F(2, 3), 3×3',
    'conv2d_by_weight 3×3',
    'conv2d_by_weight 5×5',
  ]);
});
