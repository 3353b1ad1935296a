/**
 * One call of every op, or a few where it has several kernels, at sizes that divide by nothing. Whole numbers of 12 bits
 * against weights of 4: half precision would lose the former, and fp32 holds every sum, so the results must be exact.
 * Functions keep the bounds of test/helpers/bounds.ts. B 2, C 5, H 9, W 13.
 */
import { sizeOf } from '../../engine/index.ts';
import type { Rule, Shape, Tensor } from '../../engine/index.ts';
import * as ops from '../../ops/index.ts';
import { FUNCTION_BOUNDS, functionBound, type BoundedFunction } from '../helpers/bounds.ts';
import { createRandom } from '../helpers/random.ts';

/** What `ops/index.ts` exports beside ops. */
export const OTHER_EXPORTS = [
  'State',
  'Tensor',
  'appendRows',
  'calibrate',
  'compile',
  'constant',
  'createCache',
  'createElementwise',
  'run',
  'standardRules',
  'tensor',
] as const;

export type OpName = Exclude<keyof typeof ops, (typeof OTHER_EXPORTS)[number]>;

export interface OpCase {
  readonly title?: string;
  readonly result: Tensor;
  readonly rules?: readonly Rule[];
  /** Allowed |error| of an element, by its float64 value. Left out: the same, NaN for NaN. */
  readonly bound?: (expected: number) => number;
}

const PICTURE: Shape = [2, 5, 9, 13];
const random = createRandom(20261123);

const integers = (shape: Shape, low: number, high: number): Int32Array => random.integers(sizeOf(shape), low, high);
const whole = (shape: Shape): Tensor => ops.tensor(integers(shape, -4095, 4095), shape);
const weights = (shape: Shape): Tensor => ops.tensor(integers(shape, -8, 8), shape);
const indices = (shape: Shape, low: number, high: number): Tensor =>
  ops.tensor(integers(shape, low, high), shape, 'i32');

/** Gaussian numbers with NaN and both infinities among them. */
function hostile(shape: Shape): Tensor {
  const numbers = random.gaussians(sizeOf(shape));
  numbers.set([NaN, Infinity, -Infinity], numbers.length >> 1);
  return ops.tensor(numbers, shape);
}

/** Numbers of every size that a half holds, subnormal and rounded to zero too, and a NaN. */
function halvable(shape: Shape): Tensor {
  const numbers = Float32Array.from({ length: sizeOf(shape) }, () => {
    return (1 + random.uniform()) * 2 ** random.integer(-27, 14) * (random.uniform() < 0.5 ? -1 : 1);
  });
  numbers[numbers.length >> 1] = NaN;
  return ops.tensor(numbers, shape);
}

/** Arguments over a whole range: even steps, both signs of powers of two times [1, 2), and numbers beside 1. */
function argumentsWithin({ from, to }: { readonly from: number; readonly to: number }): Tensor {
  const steps = Array.from({ length: 1000 }, (_, i) => from + ((to - from) * i) / 999);
  const powers = Array.from({ length: 1000 }, (_, i) => (1 + random.uniform()) * 2 ** ((i % 251) - 125));
  const nearOne = Array.from({ length: 500 }, (_, i) => 1 + random.gaussian() * 2 ** -(2 + (i % 21)));
  const numbers = [...steps, ...powers, ...powers.map((x) => -x), ...nearOne].map(Math.fround);
  const inside = numbers.filter((x) => x >= from && x <= to);
  return ops.tensor(inside, [inside.length]);
}

function functionCase(name: BoundedFunction, op: (x: Tensor) => Tensor): OpCase {
  return { result: op(argumentsWithin(FUNCTION_BOUNDS[name])), bound: (expected) => functionBound(name, expected) };
}

/** One division: also of a mean, whose sum is exact. */
const quotientBound = (expected: number): number => functionBound('divide', expected);

/** Of the exponential twice, of the division, and of a sum of up to 13. */
const softmaxBound = (expected: number): number => 2 ** -18 * expected;

function divideGaussians(): Tensor {
  const divisors = argumentsWithin({ from: 2 ** -60, to: 2 ** 60 });
  return ops.div(ops.tensor(random.gaussians(sizeOf(divisors.shape)), divisors.shape), divisors);
}

const convolve = (height: number, width: number): Tensor =>
  ops.conv2d(whole(PICTURE), weights([6, 5, height, width]), weights([6]));

/** What ends a block of the decoder: with the standard rules one draw, ReLU on read, a smaller residual on write. */
function endBlock(): Tensor {
  const res = ops.conv2d(ops.relu(whole([2, 5, 10, 14])), weights([6, 5, 3, 3]), weights([6]));
  return ops.scaleAdd(ops.upsampleNearest2d(whole([2, 6, 5, 7])), res, 0.25);
}

/** Rows whose mean is far above their deviation. Allowed: a few roundings of sums of 13, times the largest weight, 8. */
function normalizeRows(): OpCase {
  const rows = Float32Array.from(random.gaussians(2 * 9 * 13), (value) => 1000 + value);
  const result = ops.layerNorm(ops.tensor(rows, [2, 9, 13]), weights([13]), weights([13]));
  return { result, bound: (expected) => 2 ** -17 * (8 + Math.abs(expected)) };
}

/** Two sequences of 3 text and 3 × 5 image positions, heads of a size that is no whole number of texels. */
function attend(kind: ops.Mask['kind']): OpCase {
  const mask: ops.Mask = { kind, text: 3, grid: [3, 5], kernel: 3, edges: 'wrap' };
  const form = { sequences: 2, batch: 2, length: 18, heads: 2, headSize: 6 };
  const rows = ops.tensor(random.gaussians(36 * 36), [36, 36]);
  const cache = ops.layRows(rows, { ...form, first: 12, groups: 4, size: 6 });
  const result = ops.attention(rows, cache, indices([1], 0, 0), { ...form, mask, reach: 'all' });
  return { title: kind, result, bound: () => 6 * 20 * 2 ** -20 }; // ops/attention/attention.test.ts
}

/** Rows of two sequences of 9, three vectors of 6 that turn and a channel that does not. */
function rotate(): OpCase {
  const angles = random.gaussians(10 * 3, 10);
  const turns = Float32Array.from([...angles].flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
  const attributes = { sequences: 2, vectors: 3 };
  const x = ops.tensor(random.gaussians(18 * 19), [18, 19]);
  // Two products of factors below 6 and 1, and their sum.
  return {
    result: ops.rotary(x, ops.tensor(turns, [10, 6]), indices([1], 1, 1), attributes),
    bound: () => 2 ** -24 * 4 * 12,
  };
}

/** Two sequences of 3 text and 3 × 5 image positions, of 6 channels. */
function shiftTokens(): OpCase {
  const form = { sequences: 2, batch: 2, length: 18 };
  const cache = ops.layRows(whole([36, 6]), { ...form, first: 0, groups: 1, size: 6 });
  const attributes = { ...form, count: 18, size: 6, text: 3, columns: 5 };
  return { result: ops.tokenShift(cache, indices([1], 0, 0), attributes) };
}

/** A branch as one draw: LayerNorm on read, product, activation on write; the bounds are those of ops/linear. */
function fuseBranch(): OpCase {
  const x = ops.tensor(random.gaussians(9 * 16), [9, 16]);
  const [gain, shift] = [weights([16]), weights([16])];
  const result = ops.gelu(ops.linear(ops.layerNorm(x, gain, shift), weights([13, 16]), weights([13])));
  return { title: 'fused', result, rules, bound: () => 2 ** -24 * 2 * 8 * 72 * 4 * 64 };
}

/** Octets in, octets of weights, octets out; what is beyond 2048 is rounded, as the reference rounds it. */
function convolveHalves(): Tensor {
  const kernel = ops.tensor(integers([12, 5, 3, 3], -8, 8), [12, 5, 3, 3], 'f16');
  return ops.castToHalf(ops.conv2d(ops.relu(ops.castToHalf(weights(PICTURE))), kernel, weights([12])));
}

const rules = ops.standardRules;

export const opCases: Readonly<Record<OpName, readonly OpCase[]>> = {
  add: [{ result: ops.add(whole(PICTURE), whole([5, 1, 1])) }],
  attention: (['full', 'row', 'column', 'conv', 'axial-row', 'axial-conv'] as const).map(attend),
  argmax: [{ result: ops.argmax(hostile(PICTURE), 1) }, { result: ops.argmax(weights(PICTURE), -1) }],
  castToFloat: [{ result: ops.castToFloat(indices(PICTURE, 1 - 2 ** 24, 2 ** 24 - 1)) }],
  castToHalf: [{ result: ops.castToHalf(halvable(PICTURE)) }],
  clamp: [{ result: ops.clamp(whole(PICTURE), -1000, 2000) }],
  concat: [{ result: ops.concat([whole(PICTURE), whole([2, 3, 9, 13]), whole([2, 1, 9, 13])], 1) }],
  conv2d: [
    { title: 'naive', result: convolve(3, 3) },
    { title: '1×1', result: convolve(1, 1), rules },
    { title: '3×3', result: convolve(3, 3), rules },
    { title: '5×7', result: convolve(5, 7), rules },
    { title: '7×7', result: convolve(7, 7), rules },
    { title: 'fused', result: endBlock(), rules },
    { title: 'of halves', result: convolveHalves(), rules },
  ],
  div: [{ result: divideGaussians(), bound: quotientBound }],
  embed: [
    {
      result: ops.embed(indices([2, 9], -1, 7), whole([7, 5]), whole([13, 5]), indices([1], 5, 5)),
    },
  ],
  erf: [functionCase('erf', ops.erf)],
  exp: [functionCase('exp', ops.exp)],
  gather: [
    { title: 'into channels', result: ops.gather(whole([7, 5]), indices([2, 9, 13], -1, 7), 1) },
    { title: 'as rows', result: ops.gather(whole([7, 5]), indices([9, 13], 0, 6), 0) },
  ],
  gelu: [functionCase('gelu', ops.gelu)],
  geluTanh: [functionCase('geluTanh', ops.geluTanh)],
  layerNorm: [normalizeRows()],
  layRows: [
    { result: ops.layRows(whole([18, 13]), { sequences: 2, batch: 4, length: 9, first: 1, groups: 2, size: 6 }) },
  ],
  linear: [{ title: 'naive', result: ops.linear(whole([9, 13]), weights([5, 13]), weights([5])) }, fuseBranch()],
  log: [functionCase('log', ops.log)],
  matmul: [
    { title: 'one b', result: ops.matmul(whole([2, 9, 13]), weights([13, 5]), weights([5])) },
    { title: 'a batch', result: ops.matmul(whole([2, 9, 13]), weights([2, 13, 5])) },
    {
      title: 'transposed',
      result: ops.matmul(whole([2, 13, 9]), weights([2, 5, 13]), undefined, { transposeA: true, transposeB: true }),
    },
  ],
  max: [{ result: ops.max(hostile(PICTURE), [1, 3]) }],
  maxPool2d: [{ result: ops.maxPool2d(whole(PICTURE)) }],
  mean: [{ result: ops.mean(whole(PICTURE), [2, 3]), bound: quotientBound }],
  mul: [{ result: ops.mul(whole(PICTURE), whole([13])) }],
  oneHot: [{ result: ops.oneHot(indices([2, 9, 13], -1, 5), 5, 1) }],
  pad: [{ result: ops.pad(whole(PICTURE), [0, 1, 2, 3], [1, 0, 3, 2], -7) }],
  relu: [{ result: ops.relu(whole(PICTURE)) }],
  reshape: [{ result: ops.reshape(whole(PICTURE), [13, 9, 10]) }],
  rotary: [rotate()],
  scaleAdd: [{ result: ops.scaleAdd(whole(PICTURE), whole(PICTURE), 0.25) }],
  sigmoid: [functionCase('sigmoid', ops.sigmoid)],
  slice: [{ result: ops.slice(whole(PICTURE), [1, 1, 2, 3], [1, 3, 5, 9]) }],
  softmax: [
    {
      title: 'over channels',
      result: ops.softmax(ops.tensor(random.gaussians(2 * 9 * 13), [2, 9, 13])),
      bound: softmaxBound,
    },
    {
      title: 'over rows',
      result: ops.softmax(ops.tensor(random.gaussians(2 * 9 * 13), [2, 9, 13]), 1),
      bound: softmaxBound,
    },
  ],
  sub: [{ result: ops.sub(whole(PICTURE), whole([9, 1])) }],
  sum: [{ result: ops.sum(whole(PICTURE), [0, 2]) }],
  tanh: [functionCase('tanh', ops.tanh)],
  tokenShift: [shiftTokens()],
  transpose: [{ result: ops.transpose(whole(PICTURE), [0, 2, 3, 1]) }],
  upsampleNearest2d: [{ result: ops.upsampleNearest2d(whole(PICTURE)) }],
};
