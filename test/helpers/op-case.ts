/**
 * What a case of an op is, and the numbers that cases are made of. `ops/<op>/cases.ts` calls each op, a few times where
 * it has several kernels, at sizes that divide by nothing. Whole numbers of 12 bits against weights of 4: half
 * precision would lose the former, and fp32 holds every sum, so the results must be exact. Functions keep the bounds of
 * bounds.ts.
 */
import { sizeOf } from '../../engine/index.ts';
import type { Rule, Shape, Tensor } from '../../engine/index.ts';
import { castToFloat, standardRules, tensor } from '../../ops/index.ts';
import { FUNCTION_BOUNDS, functionBound, type BoundedFunction } from './bounds.ts';
import { createRandom } from './random.ts';

export interface OpCase {
  readonly title?: string;
  readonly result: Tensor;
  readonly rules?: readonly Rule[];
  /** Allowed |error| of an element, by its float64 value. Left out: the same, NaN for NaN. */
  readonly bound?: (expected: number) => number;
}

/** Cases by the name that an op is exported under. */
export type OpCases = Readonly<Record<string, readonly OpCase[]>>;

/** B 2, C 5, H 9, W 13. */
export const PICTURE: Shape = [2, 5, 9, 13];
export const rules: readonly Rule[] = standardRules;
const random = createRandom(20261123);

export const integers = (shape: Shape, low: number, high: number): Int32Array =>
  random.integers(sizeOf(shape), low, high);
export const whole = (shape: Shape): Tensor => tensor(integers(shape, -4095, 4095), shape);
export const weights = (shape: Shape): Tensor => tensor(integers(shape, -8, 8), shape);
/** The same as halves, which a device keeps. */
export const halves = (shape: Shape): Tensor => tensor(integers(shape, -8, 8), shape, 'f16');
/** Weights that no plan knows before it runs. */
export const madeWeights = (shape: Shape): Tensor => castToFloat(indices(shape, -8, 8));
export const gaussians = (shape: Shape): Tensor => tensor(random.gaussians(sizeOf(shape)), shape);
export const indices = (shape: Shape, low: number, high: number): Tensor =>
  tensor(integers(shape, low, high), shape, 'i32');

/** Gaussian numbers with NaN and both infinities among them. */
export function hostile(shape: Shape): Tensor {
  const numbers = random.gaussians(sizeOf(shape));
  numbers.set([NaN, Infinity, -Infinity], numbers.length >> 1);
  return tensor(numbers, shape);
}

/** Numbers of every size that a half holds, subnormal and rounded to zero too, and a NaN. */
export function halvable(shape: Shape): Tensor {
  const numbers = Float32Array.from({ length: sizeOf(shape) }, () => {
    return (1 + random.uniform()) * 2 ** random.integer(-27, 14) * (random.uniform() < 0.5 ? -1 : 1);
  });
  numbers[numbers.length >> 1] = NaN;
  return tensor(numbers, shape);
}

/** Arguments over a whole range: even steps, both signs of powers of two times [1, 2), and numbers beside 1. */
export function argumentsWithin({ from, to }: { readonly from: number; readonly to: number }): Tensor {
  const steps = Array.from({ length: 1000 }, (_, i) => from + ((to - from) * i) / 999);
  const powers = Array.from({ length: 1000 }, (_, i) => (1 + random.uniform()) * 2 ** ((i % 251) - 125));
  const nearOne = Array.from({ length: 500 }, (_, i) => 1 + random.gaussian() * 2 ** -(2 + (i % 21)));
  const numbers = [...steps, ...powers, ...powers.map((x) => -x), ...nearOne].map(Math.fround);
  const inside = numbers.filter((x) => x >= from && x <= to);
  return tensor(inside, [inside.length]);
}

export function functionCase(name: BoundedFunction, op: (x: Tensor) => Tensor): OpCase {
  return { result: op(argumentsWithin(FUNCTION_BOUNDS[name])), bound: (expected) => functionBound(name, expected) };
}

/** One division: also of a mean, whose sum is exact. */
export const quotientBound = (expected: number): number => functionBound('divide', expected);
