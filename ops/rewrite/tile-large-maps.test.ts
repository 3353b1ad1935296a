/**
 * Tiling keeps the meaning, bit for bit on small integers: sections that pool, that upsample, that end in an arg-max or
 * in pixels, with skip paths of their own, over pictures that tiles do not divide evenly, one section at a time or on
 * through several; and it lowers the peak.
 */
import { describe, expect, test } from 'vitest';
import { makePlan, planDraws, rewrite, sortTopologically } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { expectSameAsReference, openTestDevice } from '../../test/helpers/devices.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { integerTensor } from '../../test/helpers/shapes.ts';
import {
  add,
  argmax,
  conv2d,
  maxPool2d,
  relu,
  scaleAdd,
  slice,
  standardRules,
  tensor,
  upsampleNearest2d,
} from '../index.ts';
import { tilingRule } from './tile-large-maps.ts';

const random = createRandom(20261203);
const image = (...shape: number[]): Tensor => integerTensor(random, shape, -2, 2);

/** Two tiles or more along each axis of a 64×96 map of eight channels. */
const tile = 8 * 48 * 48;
const rulesWith = (tiling: Rule): Rule[] => [tiling, ...standardRules.filter(({ name }) => name !== 'tile_large_maps')];
const rules = rulesWith(tilingRule({ tile, held: Infinity }));
/** Nothing is put together between sections. */
const rulesOfChains = rulesWith(tilingRule({ tile, held: 0 }));

/** A residual block: two 3×3 convolutions beside a skip path. */
function block(x: Tensor, channels: number): Tensor {
  const inside = conv2d(relu(x), image(4, x.shape[1]!, 3, 3), image(4));
  const id = x.shape[1] === channels ? x : conv2d(x, image(channels, x.shape[1]!, 1, 1), image(channels));
  return scaleAdd(id, conv2d(relu(inside), image(channels, 4, 3, 3)), 0.5);
}

const graphs: Readonly<Record<string, () => Tensor>> = {
  'a section that ends in a pool': () => maxPool2d(block(add(image(2, 3, 64, 96), tensor([1], [])), 8), 2),
  'a section behind a pool, ending in an arg-max': () => {
    const pooled = maxPool2d(image(1, 8, 128, 192), 2);
    return argmax(conv2d(relu(block(pooled, 8)), image(70, 8, 1, 1), image(70)), 1);
  },
  'a section behind an upsample, ending in some channels of its pixels': () => {
    const pixels = conv2d(relu(block(upsampleNearest2d(image(1, 5, 32, 48)), 8)), image(6, 8, 1, 1), image(6));
    return add(slice(pixels, [0, 0, 0, 0], [1, 3, 64, 96]), tensor([1], []));
  },
  'one section after another': () => {
    const small = block(image(1, 8, 64, 96), 8);
    return conv2d(relu(block(upsampleNearest2d(small), 8)), image(3, 8, 1, 1));
  },
  'one section after another, each behind a pool': () => {
    const small = maxPool2d(block(image(1, 8, 100, 68), 8), 2);
    return maxPool2d(block(relu(small), 12), 2);
  },
};

const wholes: readonly [string, Rule[]][] = [
  ['sections put together', rules],
  ['tiles that go on', rulesOfChains],
];

describe.each(wholes)('%s', (_, rules) => {
  test.each(Object.entries(graphs))('%s', async (_, make) => {
    const graph = make();
    expect(rewrite([graph], rules).applied.get('tile_large_maps')).toBeGreaterThan(0);
    await expectSameAsReference(await openTestDevice(), graph, 0, { rules });
  });
});

test('tiles that go on never put the map between two sections together', () => {
  const small = block(image(1, 8, 64, 96), 8);
  const graph = conv2d(relu(block(upsampleNearest2d(small), 8)), image(3, 8, 1, 1));
  const findLargest = (rules: readonly Rule[]): number => {
    const made = sortTopologically(rewrite([graph], rules).outputs).filter(({ op }) => op.name === 'concat');
    return Math.max(...made.map(({ shape }) => shape[1]!));
  };
  expect(findLargest(rules)).toBe(8);
  expect(findLargest(rulesOfChains)).toBe(3);
});

test('tiles share their weights, and the peak is lower', () => {
  const graph = conv2d(relu(block(block(image(1, 8, 256, 256), 8), 8)), image(3, 8, 1, 1));
  const limits = { targets: 8, maxTextureSize: 16384, fetch: 'textureLod' } as const;
  const whole = planDraws(makePlan([graph], rules.slice(1)), limits);
  const tiled = planDraws(makePlan([graph], rules), limits);
  expect(tiled.passes.length).toBeGreaterThan(4 * whole.passes.length);
  expect(tiled.constantBytes).toBe(whole.constantBytes);
  expect(tiled.peakBytes).toBeLessThan(whole.peakBytes / 2);
});

test('tiles are of one size: programs other than slices do not grow with their number', () => {
  const countPrograms = (side: number): { passes: number; programs: number } => {
    const graph = maxPool2d(block(image(1, 8, side, side), 8), 2);
    const { passes } = planDraws(makePlan([graph], rules), { targets: 8, maxTextureSize: 16384, fetch: 'textureLod' });
    const made = passes.filter(({ op }) => op.name !== 'slice' && op.name !== 'concat');
    return { passes: made.length, programs: new Set(made.map(({ shader }) => shader)).size };
  };
  const [few, many] = [countPrograms(128), countPrograms(256)];
  expect(many.passes).toBeGreaterThan(2 * few.passes);
  expect(many.programs).toBe(few.programs);
});

test('what fits stays whole', () => {
  const graph = maxPool2d(block(image(1, 8, 32, 32), 8), 2);
  expect(rewrite([graph], rules).applied.get('tile_large_maps')).toBeUndefined();
});
