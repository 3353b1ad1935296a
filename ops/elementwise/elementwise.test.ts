/**
 * Elementwise ops against their float64 functions: accuracy over the ranges of test/helpers/bounds.ts, broadcasting
 * of every pair of ranks, special values, and that a fault is noticed.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { run } from '../../engine/index.ts';
import type { CpuDevice, Shape, Tensor, WebGLDevice } from '../../engine/index.ts';
import { FUNCTION_BOUNDS, UNIT_ROUNDOFF, functionBound } from '../../test/helpers/bounds.ts';
import type { BoundedFunction } from '../../test/helpers/bounds.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { cpuVariants } from '../../test/helpers/cpu-device.ts';
import { deviceVariants, expectSameAsReference, openTestDevice, openVariant } from '../../test/helpers/devices.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { add, clamp, div, erf, exp, gelu, geluTanh, log, mul, quickGelu, relu, scaleAdd } from '../index.ts';
import { sigmoid, silu, sub, tanh, tensor } from '../index.ts';
import { computeErf } from './error-function.ts';

/** As PyTorch writes them: what cancels below 0 is far below the bound in float64. At −Infinity the limit. */
const computeGelu = (x: number): number => (x === -Infinity ? 0 : 0.5 * x * (1 + computeErf(x / Math.SQRT2)));
const tanhOfGelu = (x: number): number => Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));
const computeGeluTanh = (x: number): number => (x === -Infinity ? 0 : 0.5 * x * (1 + tanhOfGelu(x)));

const functions: readonly [BoundedFunction, (x: Tensor) => Tensor, (x: number) => number][] = [
  ['exp', exp, Math.exp],
  ['log', log, Math.log],
  ['tanh', tanh, Math.tanh],
  ['sigmoid', sigmoid, (x) => 1 / (1 + Math.exp(-x))],
  ['erf', erf, computeErf],
  ['gelu', gelu, computeGelu],
  ['geluTanh', geluTanh, computeGeluTanh],
  ['silu', silu, (x) => (x === -Infinity ? 0 : x * (1 / (1 + Math.exp(-x))))],
  ['quickGelu', quickGelu, (x) => (x === -Infinity ? 0 : x * (1 / (1 + Math.exp(-1.702 * x))))],
];

/** Arguments over a range: even steps, and powers of two with random mantissas so that small ones are met too. */
function argumentsWithin(from: number, to: number): Float32Array {
  const random = createRandom(11);
  const steps = Array.from({ length: 2000 }, (_, i) => from + ((to - from) * i) / 1999);
  const powers = Array.from({ length: 2000 }, () => (1 + random.uniform()) * 2 ** random.integer(-120, 125));
  const nearOne = Array.from({ length: 500 }, () => 1 + random.gaussian() * 2 ** random.integer(-22, -2));
  const signed = [...powers, ...powers.map((value) => -value), ...nearOne];
  return Float32Array.from([...steps, ...signed]).filter((x) => x >= from && x <= to);
}

/** Both kinds of device that have kernels of their own for every function, the CPU in each build of them. */
const devices: readonly { name: string; open(): Promise<WebGLDevice | CpuDevice> }[] = [
  { name: 'WebGL', open: openTestDevice },
  ...cpuVariants.map(({ name, open }) => ({ name: `the CPU, ${name}`, open: async () => open() })),
];

describe.each(devices)('accuracy on $name', ({ open }) => {
  test.each(functions)('%s keeps its bound over its range', async (name, op, truth) => {
    const { from, to } = FUNCTION_BOUNDS[name];
    const x = argumentsWithin(from, to);
    const actual = await run(await open(), op(tensor(x, [x.length])), { rules: [] });
    const expected = Float64Array.from(x, truth);
    expectClose(actual, expected, (i) => functionBound(name, expected[i]!), { label: name });
  });

  test('division keeps its bound', async () => {
    const { from, to } = FUNCTION_BOUNDS.divide;
    const b = argumentsWithin(from, to).filter((x) => x > 2 ** -60 && x < 2 ** 60);
    const a = createRandom(3).gaussians(b.length);
    const actual = await run(await open(), div(tensor(a, [a.length]), tensor(b, [b.length])), { rules: [] });
    const expected = Float64Array.from(a, (value, i) => value / b[i]!);
    expectClose(actual, expected, (i) => functionBound('divide', expected[i]!), { label: 'divide' });
  });
});

describe.each(devices)('special values on $name', ({ open }) => {
  const special = [0, -0, Infinity, -Infinity, NaN, 1e38, -1e38, 100, -110];
  /** Infinity and NaN must lie where float64 rounded to fp32 has them. */
  test.each<[string, (x: Tensor) => Tensor, (x: number) => number]>([
    ...functions,
    ['relu', relu, (x) => Math.max(x, 0)],
    ['clamp', (x) => clamp(x, -2, 3), (x) => Math.min(Math.max(x, -2), 3)],
  ])('%s', async (_name, op, truth) => {
    const actual = await run(await open(), op(tensor(special, [special.length])), { rules: [] });
    const expected = special.map((x) => Math.fround(truth(x)));
    expect([...actual].map(Number.isNaN)).toEqual(expected.map(Number.isNaN));
    const numbers = expected.flatMap((value, i) => (Number.isNaN(value) ? [] : [[actual[i]!, value] as const]));
    for (const [got, wanted] of numbers) {
      if (Number.isFinite(wanted))
        expect(Math.abs(got - wanted)).toBeLessThanOrEqual(2 ** -20 * Math.abs(wanted) + 2 ** -126);
      else expect(got).toBe(wanted);
    }
  });
});

const size: fc.Arbitrary<number> = fc.constantFrom(1, 3, 4, 5, 9, 63, 64, 65);
const shapes: fc.Arbitrary<Shape> = fc
  .array(size, { minLength: 0, maxLength: 4 })
  .filter((shape) => shape.reduce((a, b) => a * b, 1) < 20_000);
/** A shape and a second one that broadcasts with it: some sizes 1, some leading ones missing. */
const pairs: fc.Arbitrary<[Shape, Shape]> = fc
  .tuple(shapes, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: 4 }))
  .map(([shape, ones, missing]) => [shape, shape.map((n, axis) => (ones[axis] ? 1 : n)).slice(missing)]);

const count = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

const variants: typeof devices = [
  ...deviceVariants.map((variant) => ({ name: variant.name, open: () => openVariant(variant) })),
  ...devices.slice(1),
];

describe.each(variants)('on $name', ({ open }) => {
  test('broadcasting: sums, differences and products of integers are exact', async () => {
    const device = await open();
    const check = async ([first, second]: [Shape, Shape], swap: boolean, seed: number): Promise<void> => {
      const random = createRandom(seed);
      const a = tensor(random.integers(count(first), -99, 99), first);
      const b = tensor(random.integers(count(second), -99, 99), second);
      const [p, q] = swap ? [b, a] : [a, b];
      await expectSameAsReference(device, add(mul(p, q), sub(q, p)), 0);
      await expectSameAsReference(device, scaleAdd(p, q, 0.25), 0);
    };
    await fc.assert(fc.asyncProperty(pairs, fc.boolean(), fc.integer(), check), { numRuns: 25, seed: 20261125 });
  });

  test('relu and clamp are exact', async () => {
    const device = await open();
    const check = async (shape: Shape, seed: number): Promise<void> => {
      const x = tensor(createRandom(seed).gaussians(count(shape)), shape);
      await expectSameAsReference(device, relu(x), 0);
      await expectSameAsReference(device, clamp(x, -0.5, 0.75), 0);
    };
    await fc.assert(fc.asyncProperty(shapes, fc.integer(), check), { numRuns: 10, seed: 20261126 });
  });
});

describe('errors', () => {
  test('shapes that do not broadcast are named', () => {
    expect(() => add(tensor([1, 2, 3], [3]), tensor([1, 2], [2]))).toThrow(/add: shapes \[3\] and \[2\]/);
    expect(() => clamp(tensor([1], [1]), 1, 0)).toThrow(/low ≤ high/);
    expect(() => scaleAdd(tensor([1], [1]), tensor([1], [1]), NaN)).toThrow(/finite/);
  });

  test('one rounding more than allowed is noticed', async () => {
    const x = createRandom(5).gaussians(64);
    const actual = await run(await openTestDevice(), mul(tensor(x, [64]), tensor([1 + 4 * UNIT_ROUNDOFF], [1])), {
      rules: [],
    });
    expect(() => expectClose(actual, Float64Array.from(x), (i) => UNIT_ROUNDOFF * Math.abs(x[i]!))).toThrow(
      /out of bounds/,
    );
  });
});
