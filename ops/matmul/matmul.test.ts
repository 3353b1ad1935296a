/**
 * matmul against its float64 loop on every device variant, and the test of the tests: kernels with a planted fault
 * must fail the very bounds that the real ones pass.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, run } from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import { anyInputBound, gaussianBound } from '../../test/helpers/bounds.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { deviceVariants, expectSameAsReference, openTestDevice, openVariant } from '../../test/helpers/devices.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { castToHalf, conv2d, matmul, slice, tensor, transpose } from '../index.ts';

const size: fc.Arbitrary<number> = fc.constantFrom(1, 3, 4, 5, 9, 63, 64, 65, 130);
const cases = fc.record({
  m: size,
  k: size,
  n: size,
  batch: fc.nat({ max: 2 }),
  bias: fc.boolean(),
  seed: fc.integer(),
});

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

function makeOperands({ m, k, n, batch, bias }: Case, numbers: (length: number) => ArrayLike<number>): Tensor[] {
  const shapes = [batch > 0 ? [batch, m, k] : [m, k], [k, n], ...(bias ? [[n]] : [])];
  return shapes.map((shape) => tensor(numbers(shape.reduce((a, b) => a * b, 1)), shape));
}

const multiply = ([x, w, b]: readonly Tensor[]): Tensor => matmul(x!, w!, b);

async function mapValues(operands: readonly Tensor[], change: (value: number) => number): Promise<Tensor[]> {
  const values = await interpret(operands);
  return operands.map((operand, i) => tensor(values[i]!.map(change), operand.shape));
}

describe.each(deviceVariants)('matmul, $name', (variant) => {
  test('integers are exact', async () => {
    const device = await openVariant(variant);
    const check = async (given: Case): Promise<void> => {
      const random = createRandom(given.seed);
      await expectSameAsReference(
        device,
        multiply(makeOperands(given, (length) => random.integers(length, -99, 99))),
        0,
      );
    };
    await fc.assert(fc.asyncProperty(cases, check), { numRuns: 20, seed: 20261127 });
  });

  test('Gaussian numbers keep the sharp bound, hostile ones the wide one', async () => {
    const device = await openVariant(variant);
    const check = async (given: Case, hostile: boolean): Promise<void> => {
      const random = createRandom(given.seed);
      const numbers = (): number => (hostile ? random.gaussian() * 2 ** random.integer(-40, 40) : random.gaussian());
      const operands = makeOperands(given, (length) => Float32Array.from({ length }, numbers));
      const terms = given.k + 1;
      const change = hostile ? Math.abs : (value: number): number => value * value;
      const [scale] = await interpret([multiply(await mapValues(operands, change))]);
      const bound = hostile ? anyInputBound : gaussianBound;
      await expectSameAsReference(device, multiply(operands), (i) => bound(terms, scale![i]!));
    };
    await fc.assert(fc.asyncProperty(cases, fc.boolean(), check), { numRuns: 12, seed: 20261128 });
  });

  test('Infinity in w stays in its own column', async () => {
    const device = await openVariant(variant);
    const w = new Float32Array(5 * 9).fill(1);
    for (let k = 0; k < 5; k++) w[k * 9 + 4] = Infinity;
    await expectSameAsReference(device, matmul(tensor(new Float32Array(15).fill(1), [3, 5]), tensor(w, [5, 9])), 0);
  });
});

describe('metamorphic', () => {
  test('a 1×1 convolution is a matrix product over channels', async () => {
    const device = await openTestDevice();
    const random = createRandom(2);
    const x = random.integers(7 * 6 * 10, -99, 99);
    const w = random.integers(9 * 7, -99, 99);
    const convolved = await run(device, conv2d(tensor(x, [1, 7, 6, 10]), tensor(w, [9, 7, 1, 1])), { rules: [] });
    const rows = transpose(tensor(x, [7, 60]), [1, 0]); // [60, 7]
    const product = matmul(rows, transpose(tensor(w, [9, 7]), [1, 0])); // [60, 9]
    expect(await run(device, transpose(product, [1, 0]), { rules: [] })).toEqual(convolved);
  });
});

describe('planted faults are noticed', () => {
  const random = createRandom(9);
  const [m, k, n] = [16, 512, 8];
  const x = tensor(random.gaussians(m * k), [m, k]);
  const w = tensor(random.gaussians(k * n), [k, n]);

  test('operands rounded to half fail the sharp bound', async () => {
    const squares = await interpret([multiply(await mapValues([x, w], (value) => value * value))]);
    const [expected] = await interpret([matmul(x, w)]);
    const rounded = await run(await openTestDevice(), matmul(castToHalf(x), castToHalf(w)), { rules: [] });
    expect(() => expectClose(rounded, expected!, (i) => gaussianBound(k, squares[0]![i]!))).toThrow(/out of bounds/);
  });

  test('a dropped last channel fails', async () => {
    const [expected] = await interpret([matmul(x, w)]);
    const short = matmul(slice(x, [0, 0], [m, k - 1]), slice(w, [0, 0], [k - 1, n]));
    const squares = await interpret([multiply(await mapValues([x, w], (value) => value * value))]);
    const actual = await run(await openTestDevice(), short, { rules: [] });
    expect(() => expectClose(actual, expected!, (i) => gaussianBound(k, squares[0]![i]!))).toThrow(/out of bounds/);
  });
});

test('says what is wrong with shapes', () => {
  expect(() => matmul(tensor(new Float32Array(6), [2, 3]), tensor(new Float32Array(6), [2, 3]))).toThrow(
    /Transpose one/,
  );
});
