/** How many codes of a dVAE pictures use, of how often each occurs. */

/** What is found of codes. */
export interface CodeUsage {
  /** Codes that are used at all, and those that are not. */
  readonly used: number;
  readonly dead: number;
  /** How many codes it would be, were they used alike: e to the entropy of their shares. */
  readonly perplexity: number;
}

/** @param counts of each code of the vocabulary */
export function measureUsage(counts: Float64Array): CodeUsage {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const used = counts.filter((count) => count > 0);
  const entropy = used.reduce((sum, count) => sum - (count / total) * Math.log(count / total), 0);
  return { used: used.length, dead: counts.length - used.length, perplexity: Math.exp(entropy) };
}
