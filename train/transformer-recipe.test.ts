/** The learning rates of a run, long and short. */
import { expect, test } from 'vitest';
import { learningRateAt } from './ramp.ts';
import { PAPER_TRANSFORMER, SHORT_TRANSFORMER } from './transformer-recipe.ts';

test.each([
  [PAPER_TRANSFORMER, 430_000, 5_000],
  [SHORT_TRANSFORMER, 1_000, 20],
])('grows, then falls by a cosine to a 32nd', (recipe, steps, grown) => {
  const { from, to } = recipe.learningRate;
  const rates = [1, grown / 2, grown, steps / 2, steps].map((step) => learningRateAt(recipe, step, steps) / from);
  expect(rates[0]).toBeCloseTo(1 / grown, 6);
  expect(rates[1]).toBeCloseTo(0.5, 2);
  expect(rates[2]).toBeCloseTo(1, 2);
  expect(rates[3]).toBeCloseTo((1 + 1 / 32) / 2, 2);
  expect(rates[4]).toBeCloseTo(1 / 32, 4);
  expect(from / to).toBe(32);
});

test('of a single step is not 0', () => expect(learningRateAt(SHORT_TRANSFORMER, 1, 1)).toBeGreaterThan(0));
