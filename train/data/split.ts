/**
 * Which samples are kept for validation: a pure function of the seed and the sample's id, so that a picture stays on
 * its side when others are added or taken away.
 *
 * Pure: runs in Node and in the browser.
 */
import { argumentError } from '../../base/check-argument.ts';
import { drawOfText } from './draws.ts';
import type { DataSet } from './data-set.ts';

interface Split {
  /** Indices of samples, in order. */
  readonly training: Int32Array;
  readonly validation: Int32Array;
}

/** What a split depends on. */
interface SplitOptions {
  readonly seed: number;
  /** Of the samples, about so many are for validation: in [0, 1) [0.05]. */
  readonly share?: number;
}

/** Splits samples, by their indices, into those that are trained on and those that are only looked at. */
export function splitSamples(data: DataSet, indices: ArrayLike<number>, { seed, share = 0.05 }: SplitOptions): Split {
  if (!(share >= 0 && share < 1)) throw argumentError('splitSamples', 'share, a number in [0, 1)', share);
  const all = Array.from(indices);
  const isKept = all.map((index) => drawOfText('validation', seed, data.samples[index]!.id) < share);
  return {
    training: Int32Array.from(all.filter((_, at) => !isKept[at])),
    validation: Int32Array.from(all.filter((_, at) => isKept[at])),
  };
}
