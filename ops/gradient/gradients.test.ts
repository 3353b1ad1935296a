/**
 * The gradient of every op, over all its cases, against central differences in float64; and what gradients refuse.
 */
import { describe, expect, test } from 'vitest';
import { interpret, placeholder, sortTopologically } from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import { checkGradient, isDifferentiable } from '../../test/helpers/check-gradient.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { titledCases } from '../../test/helpers/op-cases.ts';
import {
  argmax,
  add,
  castToFloat,
  checkpoint,
  gradients,
  mul,
  State,
  stopGradient,
  sub,
  sum,
  tensor,
} from '../index.ts';
import { gradientRules } from './gradients.ts';

/** Ops without a gradient, and why. Whoever gives one of them a rule takes it out here. */
const WITHOUT: Readonly<Record<string, string>> = {
  adam_step: 'is an optimiser',
  argmax: 'gives whole numbers',
  clip_scale: 'is an optimiser',
  first_moment: 'is an optimiser',
  second_moment: 'is an optimiser',
  max_pool2d_by_x: 'is a gradient itself, and nobody asks for its own',
  one_hot: 'takes whole numbers',
  embed_by_table: 'is the way back itself',
  lookup_table: 'is made by rewrite rules alone',
  take_rows: 'is made by rewrite rules alone',
  cross_entropy_by_logits: 'is the way back itself',
  gelu_by_x: 'is the way back itself',
  gelu_tanh_by_x: 'is the way back itself',
  layer_norm_by_x: 'is the way back itself',
  norm_means: 'is the way back itself',
  norm_stats: 'is the way back itself',
  normalize: 'is the way back itself',
  partial_sums: 'is made by rewrite rules alone',
  scale_columns: 'is made by rewrite rules alone',
  select_positive: 'is the way back itself',
  select_within: 'is the way back itself',
  silu_by_x: 'is the way back itself',
  softmax_by_sums: 'is made by rewrite rules alone',
  token_shift_by_cache: 'is the way back itself',
  uniform: 'takes whole numbers',
  softmax_by_x: 'is the way back itself',
  sum_products: 'is the way back itself',
  sum_rows: 'is made by rewrite rules alone',
};

const opsOf = (result: Tensor): Set<string> =>
  new Set(sortTopologically([result]).flatMap(({ op, inputs }) => (inputs.length > 0 ? [op.name] : [])));
const ruled = new Set([...gradientRules.keys()].map(({ name }) => name));
const known = titledCases.filter(({ given }) => [...opsOf(given.result)].every((name) => ruled.has(name)));

describe('by central differences', () => {
  test.each(known)('$title', async ({ given: { result } }) => {
    if (await isDifferentiable(result)) await checkGradient(result);
  });
});

test('every op has a gradient or a reason to have none', () => {
  const names = new Set(titledCases.flatMap(({ given }) => [...opsOf(given.result)]));
  const missing = [...names].filter((name) => !ruled.has(name) && !(name in WITHOUT));
  expect(missing).toEqual([]);
  expect(Object.keys(WITHOUT).filter((name) => ruled.has(name))).toEqual([]);
});

test('a planted fault is found', async () => {
  const x = tensor([1, 2, 3], [3]);
  await expect(checkGradient(mul(x, stopGradient(x)))).rejects.toThrow(/by differences/);
});

test('a reader differentiates a function of his own', async () => {
  const w = new State('w', { shape: [2], dtype: 'f32' }, { initial: () => Float32Array.of(3, 4) });
  const loss = sum(mul(w.tensor, mul(w.tensor, w.tensor)));
  const [gradient] = gradients(loss, [w.tensor]) as [Tensor];
  expect([...(await interpret([gradient]))[0]!]).toEqual([27, 48]);
});

test('what a loss does not depend on has zeros, and so has what it depends on through stopGradient', async () => {
  const [a, b] = [tensor([1, 2], [2]), tensor([5], [1])];
  const [byA, byB] = await interpret(gradients(sum(mul(stopGradient(a), a)), [a, b]));
  expect([...byA!]).toEqual([1, 2]);
  expect([...byB!]).toEqual([0]);
});

test('a tensor that is wanted on the way gets its own, and so does what it is made of', async () => {
  const x = tensor([2], [1]);
  const y = mul(x, x);
  const results = await interpret(gradients(sum(mul(y, y)), [x, y]));
  expect(results.map(([value]) => value)).toEqual([32, 8]);
});

test('a checkpoint computes the same gradient, by its inputs and by weights', async () => {
  const random = createRandom(5);
  const [x, w] = [tensor(random.gaussians(6), [6]), tensor(random.gaussians(6), [6])];
  const f = (y: Tensor): Tensor => mul(mul(y, w), add(y, w));
  const outer = (g: (y: Tensor) => Tensor): Tensor => sum(mul(g(sub(g(mul(x, x)), w)), x));
  const plain = gradients(outer(f), [x, w]);
  const again = gradients(outer((y) => checkpoint(f, y)), [x, w]); // prettier-ignore
  expect(sortTopologically(again).length).toBeGreaterThan(sortTopologically(plain).length);
  expect(await interpret(again)).toEqual(await interpret(plain));
});

test('an op without a gradient is refused by its name, with the road to it', () => {
  const x = placeholder('x', { shape: [2, 3], dtype: 'f32' });
  const loss = sum(mul(castToFloat(argmax(x, 1)), tensor([2], [1])));
  expect(() => gradients(loss, [x])).toThrow(/argmax has no gradient.*sum ← mul ← cast_to_float/);
});

test('losses of several numbers, whole numbers and what is no tensor are refused', () => {
  const x = tensor([1, 2], [2]);
  expect(() => gradients(x, [x])).toThrow(/a loss is one number in fp32, got f32 \[2\]/);
  expect(() => gradients(sum(x), [tensor([1], [1], 'i32')])).toThrow(/by i32 \[1\] there is none/);
  expect(() => gradients(sum(x), x as never)).toThrow(/wanted wrt, a list/);
  expect(() => gradients(sum(x), [1 as never])).toThrow(/a tensor/);
});
