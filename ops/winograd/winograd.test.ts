/**
 * Winograd's convolution against conv2d's float64 loop: F(2×2) is exact on small integers, both keep the bound of
 * rewrites that cancel (the same algorithm run on absolute values), and so they do in halves, by octets.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, rewrite, run, sortTopologically } from '../../engine/index.ts';
import type { WebGLDevice, Rule, Tensor } from '../../engine/index.ts';
import { cancellingBound, HALF_ROUNDOFF, SMALLEST_NORMAL_HALF } from '../../test/helpers/bounds.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { deviceVariants, expectSameAsReference, openTestDevice, openVariant } from '../../test/helpers/devices.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { integerTensor } from '../../test/helpers/shapes.ts';
import { halfWeights } from '../cast/cast.ts';
import { roundToHalf } from '../cast/half.ts';
import { packWeights } from '../conv2d/packed-conv2d.ts';
import { castToHalf, conv2d, relu, scaleAdd, standardRules, tensor, upsampleNearest2d } from '../index.ts';
import { winogradRule } from '../rewrite/winograd.ts';
import { winogradForward } from './forward.ts';
import { winogradInverse } from './inverse.ts';
import { absoluteMatrices, winograd2, winograd4 } from './matrices.ts';
import type { WinogradMatrices } from './matrices.ts';
import { winogradProduct } from './product.ts';
import { winogradWeights } from './weights.ts';

const everywhere = { channels: 1, pixels: 1, transformed: Infinity };
const rulesWith = (matrices: WinogradMatrices): Rule[] => [
  ...standardRules.filter(({ name }) => !name.startsWith('winograd')),
  winogradRule('winograd', matrices, everywhere),
];

const sizes = fc.record({
  batch: fc.nat({ max: 1 }).map((n) => n + 1),
  inChannels: fc.integer({ min: 1, max: 9 }),
  outChannels: fc.integer({ min: 1, max: 9 }),
  height: fc.integer({ min: 1, max: 19 }),
  width: fc.integer({ min: 1, max: 35 }),
  seed: fc.integer(),
});

type Sizes = typeof sizes extends fc.Arbitrary<infer T> ? T : never;

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/** With form `upsampled` x, too, is made of a map half as high and wide. */
function makeConvolution(
  { batch, inChannels, outChannels, height, width, seed }: Sizes,
  form: 'whole' | 'upsampled' = 'whole',
): Tensor {
  const random = createRandom(seed);
  const image = (...shape: number[]): Tensor => integerTensor(random, shape, -8, 8);
  const x =
    form === 'whole'
      ? image(batch, inChannels, 2 * height, 2 * width)
      : upsampleNearest2d(image(batch, inChannels, height, width));
  const id = upsampleNearest2d(image(batch, outChannels, height, width));
  return scaleAdd(id, conv2d(relu(x), image(outChannels, inChannels, 3, 3), image(outChannels)), 0.5);
}

describe.each(deviceVariants)('on $name', (variant) => {
  test('F(2×2, 3×3) is exact on small integers, with ReLU, bias and an upsampled residual', async () => {
    const device = await openVariant(variant);
    const check = async (given: Sizes): Promise<void> => {
      const graph = makeConvolution(given);
      expect(rewrite([graph], rulesWith(winograd2)).applied.get('winograd')).toBe(1);
      await expectSameAsReference(device, graph, 0, { rules: rulesWith(winograd2) });
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 2, seed: 20261130 });
  });

  test('F(2×2, 3×3) behind an upsample is exact on small integers, and the upsampled map is never made', async () => {
    const device = await openVariant(variant);
    const check = async (given: Sizes): Promise<void> => {
      const graph = makeConvolution({ ...given, outChannels: roundUp(given.outChannels, 4) }, 'upsampled');
      const { outputs } = rewrite([graph], rulesWith(winograd2));
      expect(sortTopologically(outputs).map(({ op }) => op.name)).not.toContain('upsample_nearest2d');
      await expectSameAsReference(device, graph, 0, { rules: rulesWith(winograd2) });
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 2, seed: 20261205 });
  });

  test.each([false, true])('F(4×4, 3×3) keeps the bound of what cancels, upsampled: %s', async (upsampled) => {
    const device = await openVariant(variant);
    const check = async ({ batch, inChannels, height, width, seed, ...given }: Sizes): Promise<void> => {
      const outChannels = roundUp(given.outChannels, upsampled ? 4 : 1);
      const random = createRandom(seed);
      const x = random.gaussians(batch * inChannels * height * width);
      const w = random.gaussians(outChannels * inChannels * 9);
      const shapes = [
        [batch, inChannels, height, width],
        [outChannels, inChannels, 3, 3],
      ] as const;
      const map = tensor(x, shapes[0]);
      const graph = conv2d(upsampled ? upsampleNearest2d(map) : map, tensor(w, shapes[1]));
      const [expected] = await interpret([graph]);
      const actual = await run(device, graph, { rules: rulesWith(winograd4) });
      const absolute = convolveAbsolutely(
        tensor(x.map(Math.abs), shapes[0]),
        tensor(w.map(Math.abs), shapes[1]),
        winograd4,
        upsampled ? 2 : 1,
      );
      const [sums] = await interpret([absolute]);
      // Roundings in a row: 6 in each of four transforms, one of the weight or two, one a channel.
      expectClose(actual, expected!, (i) => cancellingBound(26 + inChannels, sums![i]!), { label: `seed ${seed}` });
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 2, seed: 20261201 });
  });
});

// Shaders of halves take long to compile: the variants that differ most stand for all.
const halfVariants = deviceVariants.filter(({ name }) =>
  ['R=8', 'R=1', 'R=2 textures ≤ 64', 'R=8 in blocks'].includes(name),
);

describe.each(halfVariants)('in halves, on $name', (variant) => {
  test.each([
    ['F(2×2, 3×3)', winograd2],
    ['F(4×4, 3×3)', winograd4],
  ] as const)('%s keeps the bound of six roundings to half', async (_name, matrices) => {
    const device = await openVariant(variant);
    const check = async (given: Sizes): Promise<void> => expectHalfBound(device, given, matrices);
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 1, seed: 20261202 });
  });
});

/** Halves to halves by Winograd; whatever `used` is, the result must be near the convolution. */
async function expectHalfBound(
  device: WebGLDevice,
  { batch, inChannels, outChannels, height, width, seed }: Sizes,
  matrices: WinogradMatrices,
  used: WinogradMatrices = matrices,
): Promise<void> {
  const random = createRandom(seed);
  const x = random.gaussians(batch * inChannels * height * width).map(roundToHalf);
  const w = random.gaussians(outChannels * inChannels * 9).map(roundToHalf);
  const picture = (numbers: Float32Array): Tensor => tensor(numbers, [batch, inChannels, height, width]);
  const kernel = (numbers: Float32Array): Tensor => tensor(numbers, [outChannels, inChannels, 3, 3]);
  const graph = castToHalf(conv2d(castToHalf(picture(x)), halfWeights(kernel(w))));
  const actual = await run(device, graph, { rules: rulesWith(used) });
  // An operand of the transformed domain that is too small for a normal half may be lost: as if x and w were larger.
  const beyond = (numbers: Float32Array, more: number): Float32Array => numbers.map((value) => Math.abs(value) + more);
  const [expected, absolute, lost] = await interpret([
    conv2d(picture(x), kernel(w)),
    convolveAbsolutely(picture(x.map(Math.abs)), kernel(w.map(Math.abs)), matrices),
    convolveAbsolutely(picture(beyond(x, 2 ** -9)), kernel(beyond(w, SMALLEST_NORMAL_HALF)), matrices),
  ]);
  const outputs = matrices.output.map((row) => row.reduce((sum, value) => sum + Math.abs(value), 0));
  const largest = Math.max(...outputs) ** 2 + Math.max(...outputs);
  const bound = (i: number): number => {
    const inFloats = cancellingBound(25 + inChannels, absolute![i]!);
    // Two of the input, one each of weights, products, back along W and the result.
    const inHalves = 6.1 * HALF_ROUNDOFF * absolute![i]! + (lost![i]! - absolute![i]!);
    return inFloats + inHalves + largest * SMALLEST_NORMAL_HALF;
  };
  expectClose(actual, expected!, bound, { label: `seed ${seed}` });
}

/** The rewritten graph with every matrix in absolute value. */
function convolveAbsolutely(x: Tensor, w: Tensor, matrices: WinogradMatrices, phases: 1 | 2 = 1): Tensor {
  const common = { matrices: absoluteMatrices(matrices), dtype: 'f32' } as const;
  const [, , height, width] = x.shape as [number, number, number, number];
  const rows = winogradForward(x, { axis: 'h', ...common, reluInput: false });
  const tiles = winogradForward(rows, { axis: 'w', ...common, reluInput: false });
  const products = winogradProduct(tiles, winogradWeights(packWeights(w, 4), { ...common, phases }));
  const plain = { ...common, phases, bias: false, gain: undefined, residualScale: 1 };
  const back = winogradInverse(products, [], { axis: 'w', size: phases * width, ...plain });
  return winogradInverse(back, [], { axis: 'h', size: phases * height, ...plain });
}

test('a wrong transform is noticed', async () => {
  const broken = {
    ...winograd2,
    output: [
      [1, 1, 1, 0],
      [0, 1, -1, 1],
    ],
  };
  const small = { batch: 1, inChannels: 3, outChannels: 3, height: 5, width: 5, seed: 1 };
  const graph = makeConvolution(small);
  const device = await openTestDevice();
  await expect(expectSameAsReference(device, graph, 0, { rules: rulesWith(broken) })).rejects.toThrow(/out of bounds/);
  await expect(expectHalfBound(device, small, winograd2, broken)).rejects.toThrow(/out of bounds/);
});
