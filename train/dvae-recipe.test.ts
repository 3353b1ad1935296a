/** Schedules of recipes at the steps that the paper names, and where ours goes from one loss to the other. */
import { expect, test } from 'vitest';
import { PAPER_RECIPE, SHORT_RECIPE, lossWeightsAt } from './dvae-recipe.ts';
import { learningRateAt } from './ramp.ts';
import { rampAt } from './ramp.ts';

test("the paper's: τ from 1 to 1/16 in 150,000 steps, β to 6.6 in 5,000, the rate in 1,200,000", () => {
  const steps = 3_000_000;
  const at = (step: number) => lossWeightsAt(PAPER_RECIPE, step, steps, 192);
  expect(at(1)).toEqual({ temperature: 1, divergence: 0, usage: 0, likelihood: 1 });
  expect(at(75_001).temperature).toBeCloseTo((1 + 1 / 16) / 2, 6);
  expect(at(2_501).divergence).toBeCloseTo(3.3 / 192, 9);
  for (const step of [150_001, steps]) {
    expect(at(step)).toEqual({ temperature: 1 / 16, divergence: 6.6 / 192, usage: 0, likelihood: 1 });
  }
  expect(learningRateAt(PAPER_RECIPE, 1, steps)).toBe(1e-4);
  expect(learningRateAt(PAPER_RECIPE, 1_200_001, steps)).toBe(1.25e-6);
});

test('ours: a likelihood in the last tenth, sure codes by a negative weight of their divergence', () => {
  const at = (step: number) => lossWeightsAt(SHORT_RECIPE, step, 1000, 192);
  expect(at(900).likelihood).toBe(0);
  expect(at(901).likelihood).toBe(0.02);
  expect(at(500).divergence).toBeCloseTo(-0.03, 9);
  expect(at(401).temperature).toBeCloseTo(Math.sqrt(0.2), 6);
  expect(at(1000).temperature).toBe(0.2);
  expect(learningRateAt(SHORT_RECIPE, 10, 1000)).toBeCloseTo(1e-3, 5);
  expect(learningRateAt(SHORT_RECIPE, 1000, 1000)).toBeCloseTo(4e-5, 6);
});

test('a ramp has ends, and a middle by its curve', () => {
  expect(rampAt({ from: 4, to: 1, until: 0 }, 0)).toBe(1);
  expect(rampAt({ from: 4, to: 1, until: 0.5 }, 0.25)).toBeCloseTo(2.5, 9);
  expect(rampAt({ from: 4, to: 1, until: 0.5, curve: 'geometric' }, 0.25)).toBeCloseTo(2, 9);
});
