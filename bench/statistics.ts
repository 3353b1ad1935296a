/**
 * What a list of times tells: the middle of it and its spread. Times on a shared machine have a long upper tail and a
 * hard lower end, so medians and quartiles are used, never a mean with a standard deviation. Pure.
 */

export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
}

/** @param samples at least one number, in any order */
export function summarize(samples: readonly number[]): Summary {
  return {
    count: samples.length,
    min: quantile(samples, 0),
    lowerQuartile: quantile(samples, 0.25),
    median: quantile(samples, 0.5),
    upperQuartile: quantile(samples, 0.75),
  };
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/**
 * The value below which `fraction` (0 to 1) of the samples lie, between neighbours by their distance (NumPy's default).
 */
export function quantile(samples: readonly number[], fraction: number): number {
  if (samples.length === 0) throw new RangeError('quantile: there are no samples. Was nothing measured?');
  const sorted = [...samples].sort((a, b) => a - b);
  const position = fraction * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

/**
 * How many times as fast `ours` is as `theirs`, judged round by round: the median of the ratios of times measured right
 * after each other, which what else the machine does at that moment cannot shift.
 */
export function pairedSpeedup(ours: readonly number[], theirs: readonly number[]): number {
  if (ours.length !== theirs.length) {
    throw new RangeError(`pairedSpeedup: ${ours.length} and ${theirs.length} samples cannot be paired.`);
  }
  return median(theirs.map((time, round) => time / ours[round]!));
}
