/**
 * Winograd's convolution on the CPU against conv2d's float64 loop, in each build of the kernels: F(2×2) is exact on
 * small integers, and both keep the bound of what cancels, the same algorithm run on absolute values.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, placeholder, rewrite } from '../../../engine/index.ts';
import type { Rule, Tensor } from '../../../engine/index.ts';
import { cancellingBound } from '../../../test/helpers/bounds.ts';
import { expectClose } from '../../../test/helpers/close.ts';
import { cpuVariants } from '../../../test/helpers/cpu-device.ts';
import { createRandom } from '../../../test/helpers/random.ts';
import { roundToHalf } from '../../cast/half.ts';
import { packWeights } from '../../conv2d/packed-conv2d.ts';
import { conv2d, relu, run, scaleAdd, tensor, upsampleNearest2d } from '../../index.ts';
import { cpuRules } from '../../rewrite/standard-rules.ts';
import { winogradRuleForCpu } from '../../rewrite/winograd-for-cpu.ts';
import { winogradForward } from '../forward.ts';
import { winogradInverse } from '../inverse.ts';
import { absoluteMatrices, winograd2, winograd4 } from '../matrices.ts';
import { winogradProduct } from '../product.ts';
import { winogradWeights } from '../weights.ts';

interface Sizes {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly height: number;
  readonly width: number;
  readonly dtype: 'f32' | 'f16';
  readonly ending: 'plain' | 'bias' | 'residual' | 'smaller residual';
  readonly seed: number;
}

const sizes: fc.Arbitrary<Sizes> = fc
  .record({
    batch: fc.constantFrom(1, 2),
    inChannels: fc.constantFrom(1, 3, 8, 65, 300),
    outChannels: fc.constantFrom(1, 3, 4, 5, 12, 70, 264),
    height: fc.constantFrom(1, 2, 3, 4, 5, 8, 13, 18),
    width: fc.constantFrom(1, 2, 3, 7, 16, 17, 30, 34, 66, 132),
    dtype: fc.constantFrom('f32' as const, 'f16' as const),
    ending: fc.constantFrom<Sizes['ending'][]>('plain', 'bias', 'residual', 'smaller residual'),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  })
  .filter(
    ({ batch, inChannels, outChannels, height, width, ending }) =>
      batch * inChannels * outChannels * height * width < 4e5 &&
      (ending !== 'smaller residual' || (height % 2 === 0 && width % 2 === 0)),
  );

const rulesWith = (outputs: 2 | 4): Rule[] => [
  ...cpuRules.filter(({ name }) => !name.startsWith('winograd')),
  winogradRuleForCpu('winograd', outputs, { channels: 1, pixels: 1, transformed: Infinity }),
];

type Numbers = (length: number) => ArrayLike<number>;

/** Operands of a convolution, and the graph of them. */
interface Convolution {
  readonly x: Float32Array;
  readonly w: Float32Array;
  readonly graph: Tensor;
  /** A bound of what bias and residual add to a result. */
  readonly added: number;
}

function makeConvolution(given: Sizes, numbers: Numbers): Convolution {
  const { batch, inChannels, outChannels, height, width, dtype, ending } = given;
  const draw = (...shape: number[]): Float32Array => Float32Array.from(numbers(shape.reduce((a, b) => a * b, 1)));
  const x = draw(batch, inChannels, height, width);
  const drawn = draw(outChannels, inChannels, 3, 3);
  const w = dtype === 'f16' ? drawn.map(roundToHalf) : drawn;
  const b = draw(outChannels);
  const map = tensor(x, [batch, inChannels, height, width]);
  const weight = tensor(w, [outChannels, inChannels, 3, 3], dtype);
  const most = (values: Float32Array): number => values.reduce((sum, value) => Math.max(sum, Math.abs(value)), 0);
  if (ending === 'plain') return { x, w, graph: conv2d(map, weight), added: 0 };
  const sums = conv2d(relu(map), weight, tensor(b, [outChannels]));
  if (ending === 'bias') return { x, w, graph: sums, added: most(b) };
  const scale = ending === 'residual' ? 1 : 2;
  const shape = [batch, outChannels, height / scale, width / scale] as const;
  const residual = draw(...shape);
  const id = tensor(residual, shape);
  const graph = scaleAdd(scale === 2 ? upsampleNearest2d(id) : id, sums, 0.5);
  return { x, w, graph, added: most(b) + 2 * most(residual) };
}

/** The chain of WebGL's ops with every matrix in absolute value, on absolute values: the same algorithm. */
function convolveAbsolutely({ x, w }: Convolution, given: Sizes, outputs: 2 | 4): Tensor {
  const { batch, inChannels, outChannels, height, width } = given;
  const common = { matrices: absoluteMatrices(outputs === 4 ? winograd4 : winograd2), dtype: 'f32' } as const;
  const plain = { ...common, phases: 1, bias: false, gain: undefined, residualScale: 1 };
  const map = tensor(x.map(Math.abs), [batch, inChannels, height, width]);
  const weight = packWeights(tensor(w.map(Math.abs), [outChannels, inChannels, 3, 3]), 4);
  const rows = winogradForward(map, { axis: 'h', ...common, reluInput: false });
  const tiles = winogradForward(rows, { axis: 'w', ...common, reluInput: false });
  const products = winogradProduct(tiles, winogradWeights(weight, { ...common, phases: 1 }));
  const back = winogradInverse(products, [], { axis: 'w', size: width, ...plain });
  return winogradInverse(back, [], { axis: 'h', size: height, ...plain });
}

describe.each(cpuVariants)("Winograd's convolution on the CPU, $name", ({ open }) => {
  test('F(2×2, 3×3) is exact on small integers', async () => {
    const check = async (given: Sizes): Promise<void> => {
      const random = createRandom(given.seed);
      const { graph } = makeConvolution(given, (length) => random.integers(length, -8, 8));
      expect(rewrite([graph], rulesWith(2)).applied.get('winograd')).toBe(1);
      const [expected] = await interpret([graph]);
      expectClose(await run(open(), graph, { rules: rulesWith(2) }), expected!, 0, { shape: graph.shape });
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 40, seed: 20261201 });
  });

  test.each([2, 4] as const)('F(%i×…, 3×3) keeps the bound of what cancels', async (outputs) => {
    const check = async (given: Sizes): Promise<void> => {
      const random = createRandom(given.seed);
      const convolution = makeConvolution(given, (length) => random.gaussians(length));
      const [expected, sums] = await interpret([convolution.graph, convolveAbsolutely(convolution, given, outputs)]);
      const actual = await run(open(), convolution.graph, { rules: rulesWith(outputs) });
      // Roundings in a row: 6 in each of four transforms, one of the weight, three at the end, one a channel.
      const bound = (i: number): number =>
        cancellingBound(
          28 + given.inChannels,
          (sums![i]! + convolution.added) * (given.ending.includes('res') ? 0.5 : 1),
        );
      expectClose(actual, expected!, bound, { label: `seed ${given.seed}`, shape: convolution.graph.shape });
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 25, seed: 20261202 });
  });

  test('other weights are noticed, at a tile of each kind', async () => {
    const given = {
      batch: 1,
      inChannels: 5,
      outChannels: 9,
      height: 9,
      width: 35,
      dtype: 'f32',
      ending: 'bias',
    } as const;
    const random = createRandom(7);
    const { x, w, graph } = makeConvolution({ ...given, seed: 7 }, (length) => random.integers(length, -8, 8));
    const actual = await run(open(), graph, { rules: rulesWith(2) });
    for (const changed of [0, 40, w.length - 1]) {
      const other = w.map((value, i) => (i === changed ? value + 1 : value));
      const [expected] = await interpret([conv2d(relu(tensor(x, [1, 5, 9, 35])), tensor(other, [9, 5, 3, 3]))]);
      expect(() => expectClose(actual, expected!, 0)).toThrow(/out of bounds/);
    }
  });
});

test.each([
  [512, 16, 2],
  [256, 16, 4],
  [512, 32, 4],
  [32, 16, 4],
])('%d channels at %d² are transformed by F(%d), as memory allows', (channels, side, outputs) => {
  const weight = tensor(new Float32Array(channels * channels * 9), [channels, channels, 3, 3]);
  const map = conv2d(placeholder('x', { shape: [1, channels, side, side], dtype: 'f32' }), weight);
  const [made] = rewrite([map], cpuRules).outputs;
  expect(made!.op.name).toBe('winograd_conv2d');
  expect(made!.attributes).toMatchObject({ outputs });
});
