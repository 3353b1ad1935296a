/** A number that goes from one value to another in a part of a run, and stays there: temperatures, weights, rates. */

export interface Ramp {
  readonly from: number;
  readonly to: number;
  /** The part of the steps after which it has arrived, 0 to 1. */
  readonly until: number;
  /** Of two positive numbers, `geometric` goes by the same factor at every step [`cosine`]. */
  readonly curve?: 'cosine' | 'geometric';
}

/** @param fraction of the run that is over, 0 to 1 */
export function rampAt({ from, to, until, curve = 'cosine' }: Ramp, fraction: number): number {
  if (fraction >= until) return to;
  const share = fraction / until;
  if (curve === 'geometric') return from * (to / from) ** share;
  return to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * share));
}
