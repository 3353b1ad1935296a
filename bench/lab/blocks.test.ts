/** The engine's product generator at every block there can be, also where input and result differ in theirs. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apply, interpret, run } from '../../engine/index.ts';
import type { Block, Tensor } from '../../engine/index.ts';
import { packWeights, packedConv2dOp } from '../../ops/conv2d/packed-conv2d.ts';
import type { PackedConv2dAttributes } from '../../ops/conv2d/attributes.ts';
import { conv2d, relu } from '../../ops/index.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { deviceVariants, openVariant } from '../../test/helpers/devices.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { integerTensor } from '../../test/helpers/shapes.ts';
import { inBlocks, withBlock } from './blocks.ts';
import { branchAroundFetches, nestLoops, unrollLoop, unrollRows, withShader } from './shader-text.ts';

const block: fc.Arbitrary<Block> = fc
  .record({ width: fc.constantFrom(1, 2, 4, 8), height: fc.constantFrom(1, 2, 4, 8) })
  .filter(({ width, height }) => width * height <= 8);
const cases = fc.record({
  input: block,
  output: block,
  batch: fc.constantFrom(1, 2),
  inChannels: fc.integer({ min: 1, max: 9 }),
  outChannels: fc.integer({ min: 1, max: 9 }),
  kernelHeight: fc.constantFrom(1, 3, 5),
  kernelWidth: fc.constantFrom(1, 3, 5),
  height: fc.integer({ min: 1, max: 19 }),
  width: fc.integer({ min: 1, max: 35 }),
  reluInput: fc.boolean(),
  seed: fc.integer(),
});

const forms = {
  'as it is': [],
  'with branches': [branchAroundFetches],
  'with nested loops': [nestLoops, branchAroundFetches],
  'with rows unrolled': [nestLoops, unrollRows],
};

describe.each(deviceVariants.filter(({ options }) => options.targets === 8))('on $name', (variant) => {
  test.each(Object.entries(forms))('the product kernel is exact on integers in any blocks, %s', async (_, changes) => {
    const device = await openVariant(variant);
    const check = async (given: typeof cases extends fc.Arbitrary<infer T> ? T : never): Promise<void> => {
      const random = createRandom(given.seed);
      const image = (...shape: number[]): Tensor => integerTensor(random, shape, -8, 8);
      const x = image(given.batch, given.inChannels, given.height, given.width);
      const w = image(given.outChannels, given.inChannels, given.kernelHeight, given.kernelWidth);
      const attributes: PackedConv2dAttributes = {
        weight: w.shape as PackedConv2dAttributes['weight'],
        lanes: 4,
        dtype: 'f32',
        reluInput: given.reluInput,
        bias: false,
        gain: undefined,
        residualScale: 1,
      };
      const op = withBlock(withShader(packedConv2dOp, ...changes), given.output);
      const actual = await run(device, apply(op, [inBlocks(x, given.input), packWeights(w, 4)], attributes), {
        rules: [],
      });
      const [expected] = await interpret([conv2d(given.reluInput ? relu(x) : x, w)]);
      expectClose(actual, expected!, 0, { label: JSON.stringify(given) });
    };
    await fc.assert(fc.asyncProperty(cases, check), { numRuns: 12, seed: 20261123 });
  });
});

test('a shader that is not as expected is refused', () => {
  expect(() => nestLoops('for (int turn = 0; turn < 4; ++turn) {}')).toThrow(/nothing in this shader/);
  expect(() => unrollLoop('k', 2)('for (int j = 0; j < 4; ++j) {}')).toThrow(/nothing in this shader/);
});
