/**
 * A number that goes from one value to another in a part of a run, and stays there: temperatures, weights, rates. The
 * learning rate of every recipe is one, behind a warm-up.
 */

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

/** What a recipe says of its learning rate. */
export interface RateSchedule {
  readonly learningRate: Ramp;
  /** The part of the run in which the learning rate grows from 0. */
  readonly warmUp: number;
}

/** The learning rate at a step, from 1 on. */
export function learningRateAt({ learningRate, warmUp }: RateSchedule, step: number, steps: number): number {
  const grown = warmUp > 0 ? Math.min(1, step / Math.max(1, warmUp * steps)) : 1;
  return grown * rampAt(learningRate, (step - 1) / steps);
}

/** A recipe whose learning rate begins at `rate`, and ends as much lower as it did [unchanged]. */
export function withRate<Recipe extends RateSchedule>(recipe: Recipe, rate: number | undefined): Recipe {
  if (rate === undefined) return recipe;
  const { learningRate } = recipe;
  return { ...recipe, learningRate: { ...learningRate, from: rate, to: (rate * learningRate.to) / learningRate.from } };
}
