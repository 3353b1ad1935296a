/**
 * Kernels of the CPU on what is large enough to be cut into several items: each against its loop, in each build.
 * Sizes divide by nothing, so that the last item is shorter.
 */
import { describe, expect, test } from 'vitest';
import { interpret, sizeOf } from '../../engine/index.ts';
import type { Shape, Tensor } from '../../engine/index.ts';
import { functionBound, gamma } from '../../test/helpers/bounds.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { cpuVariants } from '../../test/helpers/cpu-device.ts';
import { expectIdenticalToReference } from '../../test/helpers/identical.ts';
import { createRandom } from '../../test/helpers/random.ts';
import {
  embed,
  gather,
  gelu,
  groupNorm,
  layerNorm,
  layRows,
  max,
  maxPool2d,
  mean,
  mul,
  oneHot,
  pad,
  relu,
} from '../index.ts';
import { crossEntropy, logSoftmax, pixelShuffle, tokenShift, transpose, upsampleNearest2d } from '../index.ts';
import { crossEntropyByLogits } from '../cross-entropy/cross-entropy.ts';
import { sumProducts } from '../reduce/sum-products.ts';
import { softmaxByX } from '../softmax/by-sums.ts';
import { sumExponentials } from '../softmax/sum-exponentials.ts';
import { conv2dByWeight } from '../conv2d-by-weight/conv2d-by-weight.ts';
import { flipWeights } from '../flip-weights/flip-weights.ts';
import { maxPool2dByX } from '../max-pool2d-by-x/max-pool2d-by-x.ts';
import { sumPool2d } from '../sum-pool2d/sum-pool2d.ts';
import {
  add,
  argmax,
  castToFloat,
  castToHalf,
  clamp,
  compile,
  concat,
  rotary,
  run,
  slice,
  softmax,
  sum,
  tensor,
} from '../index.ts';

const random = createRandom(20261203);
const gaussians = (...shape: number[]): Tensor => tensor(random.gaussians(sizeOf(shape)), shape);
const whole = (...shape: number[]): Tensor => tensor(random.integers(sizeOf(shape), -4095, 4095), shape);
const small = (...shape: number[]): Tensor => tensor(random.integers(sizeOf(shape), -8, 8), shape);
const indices = (high: number, ...shape: number[]): Tensor =>
  tensor(random.integers(sizeOf(shape), -1, high), shape, 'i32');
const at = (position: number): Tensor => tensor([position], [1], 'i32');
const maps = [3, 37, 61, 43] as const;
const rows: Shape = [419, 523];
const form = { sequences: 1, batch: 2, length: 419, first: 0, groups: 1, size: 523 };

const losses = crossEntropy(gaussians(...rows), tensor(random.integers(419, 0, 522), [419], 'i32'));

/** The op whose kernel is cut, a graph, and how far off an element may be [it must be identical]. */
type Entry = readonly [op: string, graph: Tensor, bound?: (expected: number) => number];

const entries: readonly Entry[] = [
  ['add', add(whole(...maps), whole(37, 1, 1))],
  ['mul', mul(whole(...maps), whole(61, 1))],
  ['relu', relu(whole(...maps))],
  ['clamp', clamp(whole(...maps), -1000, 2000)],
  ['gelu', gelu(gaussians(...maps)), (expected) => functionBound('gelu', expected)],
  ['cast_to_half', castToHalf(gaussians(...maps))],
  ['layer_norm', layerNorm(gaussians(...rows), gaussians(523), gaussians(523)), () => 2 ** -18 * 8],
  ['group_norm', groupNorm(gaussians(3, 36, 61, 43), gaussians(36), gaussians(36), { groups: 12 }), () => 2 ** -18 * 8],
  ['softmax', softmax(gaussians(...rows), -1), (expected) => 2 ** -18 * expected],
  ['softmax', softmax(gaussians(...maps), 1), (expected) => 2 ** -18 * expected],
  ['argmax', argmax(whole(...maps), 1)],
  ['argmax', argmax(whole(...rows), 1)],
  ['sum', sum(whole(...maps), [1])],
  ['sum', sum(whole(3000, 37), [0])],
  ['sum', sum(tensor(random.integers(200_001, -80, 80), [200_001]))],
  ['sum', sum(tensor(random.integers(6 * 37 * 2623, -9, 9), [6, 37, 61, 43]), [0, 2, 3])],
  ['sum_products', sumProducts(whole(...rows), tensor(random.integers(sizeOf(rows), -8, 8), rows), 0)],
  ['sum_products', sumProducts(whole(...rows), tensor(random.integers(sizeOf(rows), -7, 7), rows), 1)],
  ['sum_exponentials', sumExponentials(gaussians(...rows), gaussians(419, 1), 1), (x) => 2 ** -19 * x],
  ['sum_exponentials', sumExponentials(gaussians(...maps), gaussians(3, 1, 61, 43), 1), (x) => 2 ** -19 * x],
  ['log_softmax', logSoftmax(gaussians(...maps), 1), () => 2 ** -18 * 8],
  ['softmax_by_x', softmaxByX(gaussians(...rows), softmax(gaussians(...rows)), 1), () => 2 ** -18],
  ['cross_entropy_by_logits', crossEntropyByLogits(gaussians(419), losses.inputs), () => 2 ** -17],
  ['max', max(whole(...rows), [1])],
  ['mean', mean(gaussians(...rows), [1]), () => gamma(523)],
  ['embed', embed(indices(70, 419, 3), whole(70, 523), whole(5, 523), at(2))],
  ['gather', gather(whole(70, 37), indices(70, 3, 61, 43), 1)],
  ['gather', gather(whole(70, 523), indices(70, 419), -1)],
  ['one_hot', oneHot(indices(37, 3, 61, 43), 37, 1)],
  ['one_hot', oneHot(indices(523, 419), 523)],
  [
    'rotary',
    rotary(whole(...rows), whole(430, 10), at(7), { sequences: 1, vectors: 51 }),
    (x) => 2 ** -22 * Math.abs(x) + 4,
  ],
  ['lay_rows', layRows(whole(...rows), form)],
  [
    'token_shift',
    tokenShift(layRows(whole(...rows), form), at(0), {
      ...{ sequences: 2, count: 419, batch: 2, length: 419, size: 523, text: 19, columns: 20 },
    }),
  ],
  ['slice', slice(whole(...maps), [1, 2, 3, 5], [2, 33, 57, 31])],
  ['concat', concat([whole(...maps), whole(3, 2, 61, 43)], 1)],
  ['pad', pad(whole(...maps), [0, 1, 2, 3], [1, 0, 3, 2], 7)],
  ['transpose', transpose(whole(...maps), [2, 0, 3, 1])],
  ['pixel_shuffle', pixelShuffle(whole(3, 36, 61, 43))],
  ['max_pool2d', maxPool2d(whole(...maps), 2)],
  ['max_pool2d', maxPool2d(whole(...maps), 3)],
  ['max_pool2d_by_x', maxPool2dByX(whole(3, 37, 30, 21), whole(...maps), 2)],
  ['max_pool2d_by_x', maxPool2dByX(whole(3, 37, 20, 14), whole(...maps), 3)],
  ['sum_pool2d', sumPool2d(whole(3, 37, 60, 86), 2)],
  ['flip_weights', flipWeights(castToFloat(indices(4095, 137, 71, 3, 5)))],
  ['conv2d_by_weight', conv2dByWeight(small(3, 9, 61, 43), small(...maps), [5, 3])],
  ['winograd_by_weight', conv2dByWeight(small(3, 9, 61, 43), small(...maps), [3, 3]), () => 0.25],
  ['conv2d_by_weight', conv2dByWeight(small(3, 70, 19, 11), small(3, 37, 19, 11), [3, 5])],
  ['conv2d_by_weight', conv2dByWeight(small(3, 9, 61, 43), small(...maps), [1, 1])],
  ['upsample_nearest2d', upsampleNearest2d(whole(...maps), 2)],
  ['upsample_nearest2d', upsampleNearest2d(whole(...maps), 3)],
];
const calls = entries.map(([op, graph, bound]) => ({ op, graph, bound }));

describe.each(cpuVariants)('in several items on the CPU, $name', ({ open }) => {
  test.each(calls)('$op', async ({ op, graph, bound }) => {
    using plan = compile(open(), () => graph, {});
    const [, kernels] = plan.explain().match(new RegExp(`^\\d+\\. ${op} .*: (.*)$`, 'm')) ?? [];
    const items = Array.from(kernels?.matchAll(/×(\d+)/g) ?? [], ([, count]) => Number(count));
    expect(Math.max(...items), plan.explain()).toBeGreaterThan(1);
    if (bound === undefined) return expectIdenticalToReference(open(), graph);
    const [expected] = await interpret([graph]);
    expectClose(await run(open(), graph), expected!, (index) => bound(expected![index]!));
  });
});
