/** Any number of pictures in batches of one size, as plans want them: the last one is filled with its first picture. */
import { argumentError } from '../base/check-argument.ts';

/** Pictures of a batch, and pixels along each side. */
export interface PictureSizes {
  readonly batch: number;
  readonly size: number;
}

interface PictureBatch {
  /** [B, 3, S, S] */
  readonly numbers: Float32Array;
  /** How many are asked for; the rest fills up. */
  readonly count: number;
}

/**
 * @param pixels [N, 3, S, S]
 * @throws UsageError `E_ARGUMENT` for none, or a part of one
 */
export function* cutBatches(pixels: Float32Array, { batch, size }: PictureSizes): Generator<PictureBatch> {
  const each = 3 * size * size;
  const pictures = pixels.length / each;
  if (!Number.isInteger(pictures) || pictures < 1)
    throw argumentError('cutBatches', `pixels, whole pictures of ${each} numbers`, pixels);
  for (let first = 0; first < pictures; first += batch) {
    const count = Math.min(batch, pictures - first);
    const numbers = new Float32Array(batch * each);
    numbers.set(pixels.subarray(first * each, (first + count) * each));
    for (let at = count; at < batch; at++) numbers.set(pixels.subarray(first * each, (first + 1) * each), at * each);
    yield { numbers, count };
  }
}
