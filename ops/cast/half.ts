/**
 * Rounding to half precision (IEEE 754 binary16): to nearest, ties to even, subnormal halves kept, Infinity from 65520
 * on, NaN stays NaN. For the reference loops; shaders do it as they pack what they write (ops/shader/halves.ts).
 */
import { DalleError } from '../../base/errors.ts';
import { floatBitsToHalf, halfToFloatBits } from '../../base/half.ts';
import type { NumericArray, TensorType } from '../../engine/index.ts';

/** The half nearest to a number. */
export function roundToHalf(value: number): number {
  const magnitude = Math.abs(value);
  if (!(magnitude < 65520)) return value * Infinity; // ±Infinity, or NaN
  if (magnitude === 0) return value;
  // Distance of neighbouring halves: 11 significant bits, but never finer than the smallest subnormal, 2⁻²⁴.
  const spacing = 2 ** Math.max(-24, Math.floor(Math.log2(magnitude)) - 10);
  return Math.sign(value) * roundToEven(magnitude / spacing) * spacing;
}

/** The whole number nearest to one that is not negative; of two equally near the even one. */
function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** What an op that computes in more leaves in a result of this type. */
export function roundResult(output: NumericArray, { dtype }: TensorType): void {
  if (dtype !== 'f16') return;
  if (output instanceof Float32Array) return roundFloats(output);
  for (let i = 0; i < output.length; i++) output[i] = roundToHalf(output[i]!);
}

/** The same by bits, for weights, of which there are many. */
function roundFloats(numbers: Float32Array): void {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  for (let i = 0; i < bits.length; i++) {
    const magnitude = bits[i]! & 0x7fffffff;
    if (magnitude < 0x38800000 || magnitude >= 0x477ff000) {
      bits[i] = halfToFloatBits(floatBitsToHalf(bits[i]!)); // subnormal, Infinity or NaN
    } else {
      bits[i] = (bits[i]! & 0x80000000) | ((magnitude + 0xfff + ((magnitude >>> 13) & 1)) & ~0x1fff);
    }
  }
}

/**
 * Weights in halves must be finite: the products' loops do not look (ops/shader/halves.ts).
 * @throws DalleError `E_NOT_FINITE`
 */
export function checkHalfWeights(weights: NumericArray, { dtype }: TensorType): void {
  if (dtype !== 'f16') return;
  let bad = 0;
  while (Math.abs(weights[bad]!) < 65520) bad++; // what is larger is rounded to Infinity
  if (bad < weights.length) throw notFinite(bad, weights[bad]!);
}

/**
 * The same of halves by their bits, piece by piece.
 * @param start how many numbers came before
 * @throws DalleError `E_NOT_FINITE`
 */
export function checkHalfBits(bits: Uint16Array, start: number): void {
  let bad = skipFinitePairs(bits);
  while (bad < bits.length && (bits[bad]! & 0x7c00) !== 0x7c00) bad++;
  if (bad < bits.length) throw notFinite(start + bad, (bits[bad]! & 0x3ff) === 0 ? Infinity : NaN);
}

/** How many are finite at the beginning, found two at a time: an exponent of ones carries if one is added to it. */
function skipFinitePairs(bits: Uint16Array): number {
  if (bits.byteOffset % 4 !== 0) return 0;
  const pairs = new Uint32Array(bits.buffer, bits.byteOffset, bits.length >> 1);
  let pair = 0;
  while (pair < pairs.length && (((pairs[pair]! & 0x7fff7fff) + 0x04000400) & 0x80008000) === 0) pair++;
  return 2 * pair;
}

function notFinite(index: number, value: number): DalleError {
  return new DalleError(
    'E_NOT_FINITE',
    `half precision: weight ${index} is ${value}, and halves end at 65504. The checkpoint is damaged, or its ` +
      'weights are too large: convert it again, or compute in full precision.',
  );
}
