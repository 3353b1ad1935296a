/**
 * matmul against its float64 loop on every device variant, and the test of the tests: kernels with a planted fault
 * must fail the very bounds that the real ones pass.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, referenceDevice, run, sizeOf } from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import { anyInputBound, gaussianBound } from '../../test/helpers/bounds.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { deviceVariants, expectSameAsReference, openTestDevice, openVariant } from '../../test/helpers/devices.ts';
import { expectNumbers } from '../../test/helpers/identical.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { castToHalf, conv2d, matmul, reshape, slice, tensor, transpose } from '../index.ts';
import type { MatmulOptions } from './matmul.ts';

const size: fc.Arbitrary<number> = fc.constantFrom(1, 3, 4, 5, 9, 63, 64, 65, 130);
const cases = fc.record({
  m: size,
  k: size,
  n: size,
  /** 0: no such axis. */
  batch: fc.constantFrom(0, 2, 3),
  /** Whether each matrix of the batch has its own b. */
  paired: fc.boolean(),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  bias: fc.boolean(),
  seed: fc.integer(),
});

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

function makeOperands(given: Case, numbers: (length: number) => ArrayLike<number>): Tensor[] {
  const { m, k, n, batch, paired, transposeA, transposeB, bias } = given;
  const a = transposeA ? [k, m] : [m, k];
  const b = transposeB ? [n, k] : [k, n];
  const batches = batch > 0 ? [batch] : [];
  const shapes = [[...batches, ...a], paired ? [...batches, ...b] : b, ...(bias ? [[n]] : [])];
  return shapes.map((shape) => tensor(numbers(sizeOf(shape)), shape));
}

const multiply = ([a, b, bias]: readonly Tensor[], options?: MatmulOptions): Tensor => matmul(a!, b!, bias, options);

async function mapValues(operands: readonly Tensor[], change: (value: number) => number): Promise<Tensor[]> {
  const values = await interpret(operands);
  return operands.map((operand, i) => tensor(values[i]!.map(change), operand.shape));
}

describe.each(deviceVariants)('matmul, $name', (variant) => {
  test('integers are exact', async () => {
    const device = await openVariant(variant);
    const check = async (given: Case): Promise<void> => {
      const random = createRandom(given.seed);
      const operands = makeOperands(given, (length) => random.integers(length, -99, 99));
      await expectSameAsReference(device, multiply(operands, given), 0);
    };
    await fc.assert(fc.asyncProperty(cases, check), { numRuns: 12, seed: 20261127 });
  });

  test('Gaussian numbers keep the sharp bound, hostile ones the wide one', async () => {
    const device = await openVariant(variant);
    const check = async (given: Case, hostile: boolean): Promise<void> => {
      const random = createRandom(given.seed);
      const numbers = (): number => (hostile ? random.gaussian() * 2 ** random.integer(-40, 40) : random.gaussian());
      const operands = makeOperands(given, (length) => Float32Array.from({ length }, numbers));
      const terms = given.k + 1;
      const change = hostile ? Math.abs : (value: number): number => value * value;
      const [scale] = await interpret([multiply(await mapValues(operands, change), given)]);
      const bound = hostile ? anyInputBound : gaussianBound;
      await expectSameAsReference(device, multiply(operands, given), (i) => bound(terms, scale![i]!));
    };
    await fc.assert(fc.asyncProperty(cases, fc.boolean(), check), { numRuns: 8, seed: 20261128 });
  });

  test('Infinity in b stays in its own column', async () => {
    const device = await openVariant(variant);
    const a = tensor(new Float32Array(15).fill(1), [3, 5]);
    const b = new Float32Array(5 * 9).fill(1);
    for (let k = 0; k < 5; k++) b[k * 9 + 4] = Infinity;
    await expectSameAsReference(device, matmul(a, tensor(b, [5, 9])), 0);
    const turned = new Float32Array(9 * 5).fill(1).fill(Infinity, 4 * 5, 5 * 5);
    await expectSameAsReference(device, matmul(a, tensor(turned, [9, 5]), undefined, { transposeB: true }), 0);
  });
});

describe('metamorphic', () => {
  const random = createRandom(4);
  const a = tensor(random.integers(3 * 7 * 5, -99, 99), [3, 7, 5]);
  const b = tensor(random.integers(3 * 5 * 9, -99, 99), [3, 5, 9]);

  test('a batch is its matrices one by one', async () => {
    const device = await openTestDevice();
    const product = matmul(a, b);
    for (const i of [0, 1, 2]) {
      const alone = matmul(
        reshape(slice(a, [i, 0, 0], [1, 7, 5]), [7, 5]),
        reshape(slice(b, [i, 0, 0], [1, 5, 9]), [5, 9]),
      );
      const [expected] = await interpret([alone]);
      await expectNumbers(device, slice(product, [i, 0, 0], [1, 7, 9]), expected!);
    }
  });

  test('(a · b)ᵀ is bᵀ · aᵀ, with operands that lie transposed or are', async () => {
    const device = await openTestDevice();
    const [expected] = await interpret([transpose(matmul(a, b), [0, 2, 1])]);
    await expectNumbers(device, matmul(b, a, undefined, { transposeA: true, transposeB: true }), expected!);
    const turned = matmul(transpose(b, [0, 2, 1]), transpose(a, [0, 2, 1]));
    await expectNumbers(device, turned, expected!);
  });

  test('by hand', async () => {
    const rows = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
    const columns = tensor([1, 0, 2, 0, 1, -1], [2, 3]);
    for (const device of [referenceDevice, await openTestDevice()]) {
      await expectNumbers(device, matmul(rows, columns, undefined, { transposeB: true }), [7, -1, 16, -1]);
      await expectNumbers(
        device,
        matmul(rows, columns, undefined, { transposeA: true }),
        [1, 4, -2, 2, 5, -1, 3, 6, 0],
      );
    }
  });

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
  const zeros = (...shape: number[]): Tensor => tensor(new Float32Array(sizeOf(shape)), shape);
  expect(() => matmul(zeros(2, 3), zeros(2, 3))).toThrow(/Transpose one\? \(a \[2, 3\], b \[2, 3\]\)/);
  expect(() => matmul(zeros(2, 3), zeros(3, 2), undefined, { transposeB: true })).toThrow(/b \[3, 2\], b transposed/);
  expect(() => matmul(zeros(3), zeros(3, 2), undefined, { transposeA: true })).toThrow(/a must be \[M, K\]/);
  expect(() => matmul(zeros(2, 3), zeros(4, 3, 2))).toThrow(/a batch of b needs a batch of a/);
  expect(() => matmul(zeros(2, 2, 3), zeros(4, 3, 2))).toThrow(/batches of the same size/);
  expect(() => matmul(zeros(2, 3), zeros(3, 4), zeros(3))).toThrow(/bias must be \[4\]/);
});
