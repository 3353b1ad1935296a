/**
 * Products of rows on the CPU against their float64 loops, in each build of the kernels: linear naive and packed, of
 * floats and of halves, with what they take along; matmul of one matrix and of many. One row, few rows, many.
 */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { constant, interpret } from '../../../engine/index.ts';
import type { Tensor } from '../../../engine/index.ts';
import { anyInputBound, functionBound, gaussianBound } from '../../../test/helpers/bounds.ts';
import { expectClose } from '../../../test/helpers/close.ts';
import { cpuVariants, expectSameOnCpu, openCpuTestDevice } from '../../../test/helpers/cpu-device.ts';
import { createRandom } from '../../../test/helpers/random.ts';
import type { Random } from '../../../test/helpers/random.ts';
import { roundToHalf } from '../../cast/half.ts';
import { add, compile, gelu, geluTanh, linear, matmul, mul, run, slice, tensor } from '../../index.ts';

const sizes = fc
  .record({
    rows: fc.constantFrom(1, 2, 3, 4, 5, 7, 33, 130),
    inner: fc.constantFrom(1, 3, 8, 61, 255, 300, 513),
    outputs: fc.constantFrom(1, 3, 4, 8, 12, 33, 40, 257, 600),
    dtype: fc.constantFrom('f32' as const, 'f16' as const),
    bias: fc.boolean(),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  })
  .filter(({ rows, inner, outputs }) => rows * inner * outputs < 4e6);

type Sizes = typeof sizes extends fc.Arbitrary<infer T> ? T : never;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

const gaussian = (random: Random, shape: number[], dtype: 'f32' | 'f16' = 'f32', scale = 1): Tensor => {
  const numbers = random.gaussians(sizeOf(shape), scale);
  return tensor(dtype === 'f16' ? numbers.map(roundToHalf) : numbers, shape, dtype);
};

const change = async (operand: Tensor, changed: (value: number) => number): Promise<Tensor> =>
  tensor((await interpret([operand]))[0]!.map(changed), operand.shape);

const square = (value: number): number => value * value;

const sumSquares = async ([x, w, b]: readonly [Tensor, Tensor, Tensor]): Promise<Float64Array> =>
  (await interpret([linear(await change(x, square), await change(w, square), await change(b, square))]))[0]!;

/** How far gelu of a sum may be from `expected`, for a sum that may be off by `sumBound`: its slope is below 1.13. */
const activated = (expected: number, sumBound: number): number => 1.13 * sumBound + functionBound('gelu', expected);

describe.each(cpuVariants)('products of rows on the CPU, $name', ({ open }) => {
  test('linear keeps the sharp bound', async () => {
    const check = async ({ rows, inner, outputs, dtype, bias, seed }: Sizes): Promise<void> => {
      const random = createRandom(seed);
      const w = gaussian(random, [outputs, inner], dtype);
      const operands = [gaussian(random, [rows, inner]), w, ...(bias ? [gaussian(random, [outputs])] : [])];
      const build = ([x, weight, b]: readonly Tensor[]): Tensor => linear(x!, weight!, b);
      const [squares] = await interpret([build(await Promise.all(operands.map((one) => change(one, square))))]);
      await expectSameOnCpu(open(), build(operands), (i) => gaussianBound(inner + 1, squares![i]!));
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 40, seed: 20261201 });
  });

  test('linear is exact on integers, of a weight that is made too', async () => {
    const check = async ({ rows, inner, outputs, seed }: Sizes): Promise<void> => {
      const random = createRandom(seed);
      const whole = (...shape: number[]): Tensor => tensor(random.integers(sizeOf(shape), -8, 8), shape);
      const [x, w, other] = [whole(rows, inner), whole(outputs, inner), whole(outputs, inner)];
      await expectSameOnCpu(open(), linear(x, w, whole(outputs)), 0);
      await expectSameOnCpu(open(), linear(x, add(w, other)), 0);
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 20, seed: 20261202 });
  });

  /** From 128 on they lie otherwise (pack-linear.wasm.ts). */
  test.each([128, Infinity])('halves of every kind below %s are widened exactly', async (limit) => {
    // One column of every finite half, times one.
    const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i).filter((half) => (half & 0x7c00) !== 0x7c00);
    const halves = Float32Array.from(bits, readHalf).filter((half) => Math.abs(half) < limit);
    const w = tensor(halves, [halves.length / 2, 2], 'f16');
    for (const rows of [1, 4]) {
      const x = tensor(
        Float32Array.from({ length: 2 * rows }, (_, i) => 1 - (i % 2)),
        [rows, 2],
      );
      await expectSameOnCpu(open(), linear(x, w), 0);
    }
  });

  test('halves times what is huge, tiny or no number are as floats are', async () => {
    const halves = [1, -0.5, 2 ** -24, 3 * 2 ** -20, 127.9375, -(2 ** -14), 0, 1.5, 64];
    const numbers = [3e38, -1e30, 2 ** 25, 2 ** 26, 1e-45, 1e-38, NaN, Infinity, -Infinity, 0, -0.1, 7];
    for (const large of [[], [65504]]) {
      const weights = [...halves, ...large];
      const w = tensor(weights, [weights.length, 1], 'f16');
      for (const number of numbers) {
        const product = await run(open(), linear(tensor([number], [1, 1]), w));
        const expected = weights.map((half) => Math.fround(Math.fround(number) * half));
        expect(
          [...product].map((value) => value + 0),
          String(number),
        ).toEqual(expected.map((value) => value + 0));
      }
    }
  });

  test.each([
    ['gelu', gelu],
    ['gelu-tanh', geluTanh],
  ] as const)('%s', async (_name, activate) => {
    const check = async ({ rows, inner, outputs, dtype, seed }: Sizes): Promise<void> => {
      const random = createRandom(seed);
      const w = gaussian(random, [outputs, inner], dtype, inner ** -0.5);
      const operands = [gaussian(random, [rows, inner]), w, gaussian(random, [outputs])] as const;
      const squares = await sumSquares(operands);
      const graph = activate(linear(...operands));
      const [expected] = await interpret([graph]);
      await expectSameOnCpu(open(), graph, (i) => activated(expected![i]!, gaussianBound(inner + 1, squares[i]!)));
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 10, seed: 20261203 });
  });

  test.each([false, true])('residual, with scale: %s', async (scaled) => {
    const check = async ({ rows, inner, outputs, dtype, seed }: Sizes): Promise<void> => {
      const random = createRandom(seed);
      const w = gaussian(random, [outputs, inner], dtype, inner ** -0.5);
      const shapes = [[outputs], [outputs], [rows, outputs]];
      const operands = [gaussian(random, [rows, inner]), w, ...shapes.map((shape) => gaussian(random, shape))];
      const build = ([x, weight, b, scale, residual]: readonly Tensor[]): Tensor => {
        const sums = linear(x!, weight!, b);
        return add(residual!, scaled ? mul(sums, scale!) : sums);
      };
      const [squares] = await interpret([build(await Promise.all(operands.map((one) => change(one, square))))]);
      await expectSameOnCpu(open(), build(operands), (i) => gaussianBound(inner + 3, squares![i]!));
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 10, seed: 20261204 });
  });

  test('a gate', async () => {
    const check = async ({ rows, inner, outputs: half, dtype, seed }: Sizes): Promise<void> => {
      const random = createRandom(seed);
      const outputs = 4 * Math.ceil(half / 4);
      const w = gaussian(random, [2 * outputs, inner], dtype, inner ** -0.5);
      const operands = [gaussian(random, [rows, inner]), w, gaussian(random, [2 * outputs])] as const;
      const squares = await sumSquares(operands);
      const sums = linear(...operands);
      const [value, gate] = [0, outputs].map((column) => slice(sums, [0, column], [rows, outputs]));
      const [plain, opened] = await interpret([value!, gelu(gate!)]);
      const bound = (i: number): number => {
        const at = Math.floor(i / outputs) * 2 * outputs + (i % outputs);
        const [ofValue, ofGate] = [at, at + outputs].map((place) => gaussianBound(inner + 1, squares[place]!));
        const most = activated(opened![i]!, ofGate!);
        return (
          ofValue! * (Math.abs(opened![i]!) + most) +
          most * Math.abs(plain![i]!) +
          2 ** -22 * Math.abs(plain![i]! * opened![i]!)
        );
      };
      await expectSameOnCpu(open(), mul(value!, gelu(gate!)), bound);
    };
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 12, seed: 20261205 });
  });

  test('matmul, of hostile numbers too, with one b and with many, transposed or not', async () => {
    const forms = fc.record({ transposeB: fc.boolean(), matrices: fc.constantFrom(0, 1, 3), hostile: fc.boolean() });
    const check = async (
      given: Sizes,
      form: { transposeB: boolean; matrices: number; hostile: boolean },
    ): Promise<void> => {
      const { rows, inner, outputs, bias, seed } = given;
      const { transposeB, matrices, hostile } = form;
      const random = createRandom(seed);
      const batch = matrices > 0 ? [matrices] : [];
      const shapes = [
        [...batch, rows, inner],
        [...(matrices > 1 ? batch : []), ...(transposeB ? [outputs, inner] : [inner, outputs])],
        ...(bias ? [[outputs]] : []),
      ];
      const number = (): number => random.gaussian() * (hostile ? 2 ** random.integer(-40, 40) : 1);
      const operands = shapes.map((shape) => tensor(Float32Array.from({ length: sizeOf(shape) }, number), shape));
      const build = ([a, b, added]: readonly Tensor[]): Tensor => matmul(a!, b!, added, { transposeB });
      const changed = await Promise.all(operands.map((one) => change(one, hostile ? Math.abs : square)));
      const [sums] = await interpret([build(changed)]);
      const bound = hostile ? anyInputBound : gaussianBound;
      await expectSameOnCpu(open(), build(operands), (i) => bound(inner + 1, sums![i]!));
    };
    const small = sizes.filter(({ rows, inner, outputs }) => rows * inner * outputs < 1e6);
    await fc.assert(fc.asyncProperty(small, forms, check), { numRuns: 40, seed: 20261205 });
  });

  test('a weight rounded to half is noticed', async () => {
    const random = createRandom(6);
    const [x, w] = [gaussian(random, [9, 300]), random.gaussians(40 * 300)];
    const [expected] = await interpret([linear(x, tensor(w, [40, 300]))]);
    const [squares] = await interpret([linear(await change(x, square), tensor(w.map(square), [40, 300]))]);
    const actual = await run(open(), linear(x, tensor(w, [40, 300], 'f16')));
    expect(() => expectClose(actual, expected!, (i) => gaussianBound(300, squares![i]!))).toThrow(/out of bounds/);
  });
});

function readHalf(bits: number): number {
  const [sign, exponent, mantissa] = [bits >> 15, (bits >> 10) & 31, bits & 1023];
  return (sign ? -1 : 1) * (exponent ? (1024 + mantissa) * 2 ** (exponent - 25) : mantissa * 2 ** -24);
}

test('a constant that was read from halves stays one, is refused where it is not finite, and plans share it', async () => {
  const device = openCpuTestDevice();
  const numbers = [1, -2, 0.5, 2 ** -24, 65504, -0.25, 3, 4];
  const read = vi.fn(() => Float32Array.from(numbers));
  const w = constant('w', { shape: [2, 4], dtype: 'f32' }, read, true);
  const x = [1, 2, 4, 8];
  const expected = [1 - 4 + 2 + 8 * 2 ** -24, 65504 - 0.5 + 12 + 32];
  const plans = [1, 9].map((rows) => compile(device, (inputs) => linear(inputs.x, w), { x: [rows, 4] }));
  expect([...(await plans[0]!.run({ x }))]).toEqual(expected.map(Math.fround));
  const many = await plans[1]!.run({ x: Array.from({ length: 9 }, () => x).flat() });
  expect([...many.subarray(0, 2)]).toEqual(expected.map(Math.fround));
  expect(read).toHaveBeenCalledTimes(1);
  plans.forEach((plan) => plan.dispose());
  const bad = constant('bad', { shape: [1, 4], dtype: 'f32' }, () => Float32Array.of(1, NaN, 2, 3), true);
  const refused = compile(device, (inputs) => linear(inputs.x, bad), { x: [1, 4] });
  await expect(refused.run({ x })).rejects.toMatchObject({ code: 'E_NOT_FINITE' });
  refused.dispose();
});
