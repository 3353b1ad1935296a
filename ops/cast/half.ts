/**
 * Rounding to half precision (IEEE 754 binary16): to nearest, ties to even, subnormal halves kept, Infinity from 65520
 * on, NaN stays NaN. For the reference loops; shaders do it as they pack what they write (ops/shader/halves.ts).
 */
import { DalleError } from '../../errors.ts';
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
  for (let i = 0; i < output.length; i++) output[i] = roundToHalf(output[i]!);
}

/**
 * Weights in halves must be finite: the products' loops do not look (ops/shader/halves.ts).
 * @throws DalleError `E_NOT_FINITE`
 */
export function checkHalfWeights(weights: NumericArray, { dtype }: TensorType): void {
  if (dtype !== 'f16') return;
  const bad = weights.findIndex((value: number) => !(Math.abs(roundToHalf(value)) <= 65504));
  if (bad < 0) return;
  throw new DalleError(
    'E_NOT_FINITE',
    `half precision: weight ${bad} is ${weights[bad]}, and halves end at 65504. The checkpoint is damaged, or its ` +
      'weights are too large: convert it again, or compute in full precision.',
  );
}
