/**
 * Convolutions of halves, by octets: against the exact sum of the very halves, within the fp32 bound of a sum and one
 * rounding to half; NaN and Infinity stay what no one takes for a number; weights that halves cannot hold are refused.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, run } from '../../engine/index.ts';
import type { Device, Tensor } from '../../engine/index.ts';
import { gaussianBound, halfBound } from '../../test/helpers/bounds.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { openTestDevice, rulesFor } from '../../test/helpers/devices.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { seeds } from '../../test/helpers/shapes.ts';
import { halfWeights } from '../cast/cast.ts';
import { roundToHalf } from '../cast/half.ts';
import { argmax, castToHalf, conv2d, relu, scaleAdd, standardRules, tensor, upsampleNearest2d } from '../index.ts';

interface Case {
  readonly batch: number;
  readonly channels: readonly [number, number];
  readonly size: readonly [number, number];
  readonly kernel: number;
  readonly seed: number;
}

const channel = fc.constantFrom(1, 3, 4, 5, 7, 8, 9, 12, 17);
const size = fc.constantFrom(1, 3, 4, 5, 8, 17, 64, 65);
const cases: fc.Arbitrary<Case> = fc
  .record({
    batch: fc.constantFrom(1, 2),
    channels: fc.tuple(channel, channel),
    size: fc.tuple(size, size),
    kernel: fc.constantFrom(1, 3, 7),
    seed: seeds,
  })
  .filter(({ batch, channels: [i, o], size: [h, w], kernel }) => batch * i * o * h * w * kernel ** 2 < 1e6);

interface Operands {
  readonly x: Float32Array;
  readonly w: Float32Array;
  readonly b: Float32Array;
}

/** Gaussian halves for x and w, floats for the bias. */
function drawOperands({ batch, channels: [i, o], size: [h, w], kernel, seed }: Case): Operands {
  const random = createRandom(seed);
  return {
    x: random.gaussians(batch * i * h * w).map(roundToHalf),
    w: random.gaussians(o * i * kernel ** 2).map(roundToHalf),
    b: random.gaussians(o),
  };
}

/** relu(x) ∗ w + b, in the numbers that are given. */
function convolve({ batch, channels: [i, o], size, kernel }: Case, { x, w, b }: Operands): Tensor {
  return conv2d(relu(tensor(x, [batch, i, ...size])), tensor(w, [o, i, kernel, kernel]), tensor(b, [o]));
}

/** The same as a net in half precision has it. */
function convolveHalves({ batch, channels: [i, o], size, kernel }: Case, { x, w, b }: Operands): Tensor {
  const picture = castToHalf(tensor(x, [batch, i, ...size]));
  return castToHalf(conv2d(relu(picture), halfWeights(tensor(w, [o, i, kernel, kernel])), tensor(b, [o])));
}

/** Checks `actual` against the exact sum of the operands. */
async function expectHalfBound(given: Case, operands: Operands, actual: ArrayLike<number>): Promise<void> {
  const square = (values: Float32Array): Float32Array => values.map((value) => value * value);
  const clipped = { ...operands, x: operands.x.map((value) => Math.max(value, 0)) };
  const squared = { x: square(clipped.x), w: square(operands.w), b: square(operands.b) };
  const small = (values: Float32Array): Float32Array => values.map((value) => Number(Math.abs(value) < 2 ** -14));
  const none = new Float32Array(operands.b.length);
  const [expected, squares, lostX, lostW] = await interpret([
    convolve(given, operands),
    convolve(given, squared),
    convolve(given, { x: small(clipped.x), w: operands.w.map(Math.abs), b: none }),
    convolve(given, { x: clipped.x, w: small(operands.w), b: none }),
  ]);
  const terms = given.channels[0] * given.kernel ** 2 + 1;
  const bound = (i: number): number => {
    return halfBound(expected![i]!, gaussianBound(terms, squares![i]!), lostX![i]! + lostW![i]!);
  };
  expectClose(actual, expected!, bound, { label: `seed ${given.seed}` });
}

const compute = (device: Device, graph: Tensor): ReturnType<typeof run> =>
  run(device, graph, { rules: rulesFor(device, standardRules) });

describe('conv2d of halves', () => {
  test('keeps the fp32 bound and one rounding, for any shape on every device variant', async () => {
    await checkOnEveryVariant(
      cases,
      async (device, given) => {
        const operands = drawOperands(given);
        await expectHalfBound(given, operands, await compute(device, convolveHalves(given, operands)));
      },
      4,
    );
  });

  test('operands of eight bits, or sums kept in halves, are noticed', async () => {
    const given: Case = { batch: 1, channels: [17, 8], size: [5, 8], kernel: 3, seed: 5 };
    const operands = drawOperands(given);
    const coarse = operands.w.map((value) => {
      const spacing = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 7); // eight significant bits, as bfloat16 has
      return Math.round(value / spacing) * spacing;
    });
    const actual = await compute(await openTestDevice(), convolveHalves(given, { ...operands, w: coarse }));
    await expect(expectHalfBound(given, operands, actual)).rejects.toThrow(/out of bounds/);
    await expect(expectHalfBound(given, operands, await sumInHalves(given, operands))).rejects.toThrow(/out of bounds/);
  });

  test('residual on write, also from a smaller map, is rounded once', async () => {
    const random = createRandom(3);
    const draw = (...shape: number[]): Tensor => {
      const numbers = random.integers(
        shape.reduce((a, b) => a * b, 1),
        -8,
        8,
      );
      return tensor(numbers, shape);
    };
    const x = castToHalf(draw(1, 12, 6, 10));
    const id = upsampleNearest2d(castToHalf(draw(1, 9, 3, 5)));
    const w = halfWeights(draw(9, 12, 3, 3));
    const graph = castToHalf(scaleAdd(id, conv2d(relu(x), w, draw(9)), 0.5));
    const [expected] = await interpret([graph]); // whole numbers and halves: the sums are exact
    expect(await compute(await openTestDevice(), graph)).toEqual(Float32Array.from(expected!));
  });

  test('what is no number stays none; what exceeds halves becomes Infinity, and so does its neighbour', async () => {
    const device = await openTestDevice();
    const one = halfWeights(tensor([1], [1, 1, 1, 1]));
    const convolveOnce = (value: number): Tensor => castToHalf(conv2d(castToHalf(tensor([value], [1, 1, 1, 1])), one));
    const twice = (value: number): Tensor => castToHalf(conv2d(convolveOnce(value), one));
    expect(await compute(device, twice(NaN))).toEqual(Float32Array.of(NaN));
    expect(await compute(device, twice(65504))).toEqual(Float32Array.of(65504));
    for (const endless of [Infinity, -Infinity, 65520]) {
      expect(Number.isFinite((await compute(device, twice(endless)))[0])).toBe(false);
    }
    const large = castToHalf(conv2d(castToHalf(tensor([300], [1, 1, 1, 1])), halfWeights(tensor([300], [1, 1, 1, 1]))));
    expect(await compute(device, large)).toEqual(Float32Array.of(Infinity));
    const nan = castToHalf(tensor([1, NaN, 1, 1, 1, 1, 1, 1, 1], [1, 9, 1, 1]));
    const best = argmax(conv2d(relu(nan), halfWeights(tensor(new Float32Array(18).fill(1), [2, 9, 1, 1]))), 1);
    expect(await compute(device, best)).toEqual(Int32Array.of(-1));
  });

  test.each([NaN, -Infinity, 65520])('a weight of %f is refused', async (value) => {
    const graph = conv2d(castToHalf(tensor([1], [1, 1, 1, 1])), halfWeights(tensor([value], [1, 1, 1, 1])));
    await expect(compute(await openTestDevice(), graph)).rejects.toMatchObject({ code: 'E_NOT_FINITE' });
  });
});

/** A fault: every partial sum is rounded to half. */
async function sumInHalves(given: Case, { x, w, b }: Operands): Promise<Float32Array> {
  const [channels, outChannels] = given.channels;
  const [rows, columns] = given.size;
  let sums = new Float32Array(outChannels * rows * columns).map((_, i) => b[Math.floor(i / (rows * columns))]!);
  for (let c = 0; c < channels; c++) {
    const part = { ...given, channels: [1, outChannels] as const };
    const slice = x.slice(c * rows * columns, (c + 1) * rows * columns);
    const weights = w.filter((_, i) => Math.floor(i / 9) % channels === c);
    const [terms] = await interpret([convolve(part, { x: slice, w: weights, b: new Float32Array(outChannels) })]);
    sums = sums.map((sum, i) => roundToHalf(sum + terms![i]!));
  }
  return sums;
}
