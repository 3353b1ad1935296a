/**
 * Splitting a batch keeps the meaning, bit for bit on small integers: nets of pools, upsamples, skip paths, arg-max and
 * one-hot, with what serves all pictures left as it is; outputs share what they have in common; what fits stays whole.
 */
import { describe, expect, test } from 'vitest';
import { compile, makePlan, placeholder, planDraws, rewrite } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { expectSameAsReference, openTestDevice } from '../../test/helpers/devices.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { integerTensor } from '../../test/helpers/shapes.ts';
import {
  add,
  argmax,
  concat,
  conv2d,
  maxPool2d,
  oneHot,
  relu,
  scaleAdd,
  slice,
  standardRules,
  tensor,
  upsampleNearest2d,
} from '../index.ts';
import { batchRule } from './split-batch.ts';
import { tilingRule } from './tile-large-maps.ts';

const random = createRandom(20261204);
const image = (...shape: number[]): Tensor => integerTensor(random, shape, -2, 2);
const others = standardRules.filter(({ name }) => name !== 'split_batch');
/** Two of the pictures below at a time. */
const rules: readonly Rule[] = [batchRule(2 * 8 * 16 * 24), ...others];

function residual(x: Tensor): Tensor {
  const inside = conv2d(relu(x), image(8, 8, 3, 3), image(8));
  return scaleAdd(x, inside, 0.5);
}

const graphs: Readonly<Record<string, () => Tensor>> = {
  'pools, and an arg-max at the end': () => {
    const x = add(residual(image(5, 8, 16, 24)), image(1, 8, 1, 1));
    return argmax(conv2d(maxPool2d(x, 2), image(70, 8, 1, 1)), 1);
  },
  'one-hot tokens, upsampled, and some channels at the end': () => {
    const tokens = tensor(random.integers(5 * 8 * 12, 0, 6), [5, 8, 12], 'i32');
    const x = residual(upsampleNearest2d(conv2d(oneHot(tokens, 7, 1), image(8, 7, 1, 1))));
    return slice(x, [0, 2, 0, 0], [5, 3, 16, 24]);
  },
  'maps joined along their channels': () => {
    const x = image(5, 4, 16, 24);
    return concat([relu(x), conv2d(x, image(4, 4, 3, 3))], 1);
  },
};

test.each(Object.entries(graphs))('%s', async (_, make) => {
  const graph = make();
  expect(rewrite([graph], rules).applied.get('split_batch')).toBe(1);
  await expectSameAsReference(await openTestDevice(), graph, 0, { rules });
});

test('pictures that are tiled too', async () => {
  const graph = conv2d(relu(residual(image(3, 8, 64, 64))), image(3, 8, 1, 1));
  const tiling = tilingRule({ tile: 8 * 48 * 48, held: Infinity });
  const both = [tiling, batchRule(8 * 48 * 48), ...others.filter(({ name }) => name !== 'tile_large_maps')];
  const { applied } = rewrite([graph], both);
  expect([applied.get('tile_large_maps'), applied.get('split_batch')]).toEqual([1, 1]);
  await expectSameAsReference(await openTestDevice(), graph, 0, { rules: both });
});

describe('as plans', () => {
  const limits = { targets: 8, maxTextureSize: 16384, fetch: 'textureLod' } as const;
  const w = image(8, 8, 3, 3);
  const net = (batch: number): Tensor => {
    const x = placeholder('x', { shape: [batch, 8, 16, 24], dtype: 'f32' });
    return maxPool2d(residual(conv2d(relu(conv2d(x, w)), w)), 2);
  };

  test('a batch of 16 takes a third of the textures, inputs aside, and as many weights', () => {
    const [whole, split] = [others, rules].map((rules) => planDraws(makePlan([argmax(net(16), 1)], rules), limits));
    const inputBytes = 16 * 8 * 16 * 24 * 4;
    expect(split!.peakBytes - inputBytes).toBeLessThan((whole!.peakBytes - inputBytes) / 3);
    expect(split!.constantBytes).toBe(whole!.constantBytes);
  });

  test('outputs share what they have in common', () => {
    const common = net(4);
    const passes = (outputs: readonly Tensor[]): number => planDraws(makePlan(outputs, rules), limits).passes.length;
    const alone = passes([argmax(common, 1)]);
    expect(passes([argmax(common, 1), relu(common)])).toBeLessThan(1.5 * alone);
  });
});

test('what fits stays whole, and so does what mixes pictures', () => {
  const applied = (graph: Tensor): number | undefined => rewrite([graph], rules).applied.get('split_batch');
  expect(applied(relu(image(2, 8, 16, 24)))).toBeUndefined();
  expect(applied(concat([image(4, 8, 16, 24), image(1, 8, 16, 24)], 0))).toBeUndefined();
});

test('runs with numbers given at run time', async () => {
  const plan = compile(
    await openTestDevice(),
    ({ x }: { x: Tensor }) => add(relu(x), tensor([1], [])),
    { x: [4, 1, 2, 2] },
    { rules: [batchRule(1), ...others] },
  );
  const x = Float32Array.from({ length: 16 }, (_, i) => i - 8);
  expect([...(await plan.run({ x }))]).toEqual([...x].map((value) => Math.max(value, 0) + 1));
  plan.dispose();
});
