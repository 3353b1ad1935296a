/**
 * Recipes of training a dVAE: what the loss is at each moment, how fast weights follow, and how they begin. All goes by
 * fractions of the run, so that a recipe serves runs of any length.
 *
 * The paper's own (appendix A.2) is for millions of steps. In runs of hours on a processor it ends with a handful of
 * codes in use and small things blurred, so that the short one, ours, adds what keeps them.
 */
import type { DvaeObjective, LossWeights } from '../nets/dvae/loss.ts';
import type { OptimizerSettings } from './optimizer.ts';
import { rampAt } from './ramp.ts';
import type { Ramp, RateSchedule } from './ramp.ts';

export interface DvaeRecipe extends RateSchedule {
  readonly objective: DvaeObjective;
  /** τ of gumbel-softmax. */
  readonly temperature: Ramp;
  /** β of the paper, the weight of KL(q ‖ uniform). */
  readonly divergence: Ramp;
  /** Ours: weight of ln V − H(mean q), which keeps many codes in use. */
  readonly usage: Ramp;
  /** Ours: weight of H(q) of a position, as a part of `usage`, so that codes are sure. */
  readonly sharpness: number;
  /** Ours: the last part of the run that has the likelihood; before it is the squared error alone. 1 in the paper. */
  readonly likelihoodShare: number;
  /** Ours: how much of the picture's loss it is then; the rest is the squared error. 1 in the paper. */
  readonly likelihoodWeight: number;
  readonly optimizer: OptimizerSettings;
  readonly start: DvaeStart;
}

/** How weights begin. All are drawn from N(0, 1 / fan-in), as in OpenAI's `dall_e`. */
export interface DvaeStart {
  /** What weights of residual paths are multiplied by. 1 in OpenAI's. */
  readonly residual: number;
  /** What weights of the decoder's last convolution are multiplied by. 1 in OpenAI's. */
  readonly statistics: number;
  /** The spread over pictures that each code's logit is given, with the same mean for all; 0 leaves them [ours]. */
  readonly logitSpread: number;
}

/** Steps of the paper's run. */
const PAPER_STEPS = 3_000_000;

export const PAPER_RECIPE: DvaeRecipe = {
  objective: {},
  temperature: { from: 1, to: 1 / 16, until: 150_000 / PAPER_STEPS },
  divergence: { from: 0, to: 6.6, until: 5_000 / PAPER_STEPS },
  usage: { from: 0, to: 0, until: 0 },
  sharpness: 0,
  likelihoodShare: 1,
  likelihoodWeight: 1,
  learningRate: { from: 1e-4, to: 1.25e-6, until: 1_200_000 / PAPER_STEPS },
  warmUp: 0,
  // Gradients are not clipped.
  optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 1e-4, clip: 1e30, averaging: 0.999 },
  start: { residual: 1, statistics: 1, logitSpread: 0 },
};

export const SHORT_RECIPE: DvaeRecipe = {
  objective: { squaredWeight: 40, floor: -2 },
  temperature: { from: 1, to: 0.2, until: 0.8, curve: 'geometric' },
  divergence: { from: 0, to: 0, until: 0 },
  usage: { from: 0.1, to: 0.1, until: 0 },
  sharpness: 0.3,
  likelihoodShare: 0.1,
  // Alone it costs pictures 1.5 dB, since it counts differences of logits, where near-white and near-black weigh most.
  // So much of it trains ln b and costs them nothing (docs/scenes.md).
  likelihoodWeight: 0.02,
  learningRate: { from: 2e-3, to: 4e-5, until: 1 },
  warmUp: 0.02,
  optimizer: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 1e-4, clip: 1, averaging: 0.998 },
  start: { residual: 2.8, statistics: 0.1, logitSpread: 3 },
};

/**
 * The loss's weights at a step.
 * @param step from 1 on
 * @param numbersPerCode of a picture's numbers, how many come to a code: 192 in OpenAI's nets
 */
export function lossWeightsAt(recipe: DvaeRecipe, step: number, steps: number, numbersPerCode: number): LossWeights {
  const fraction = (step - 1) / steps;
  const usage = rampAt(recipe.usage, fraction);
  return {
    temperature: rampAt(recipe.temperature, fraction),
    // H(q) is ln V − KL(q ‖ uniform): who wants sure codes wants that divergence.
    divergence: rampAt(recipe.divergence, fraction) / numbersPerCode - usage * recipe.sharpness,
    usage,
    likelihood: fraction >= 1 - recipe.likelihoodShare ? recipe.likelihoodWeight : 0,
  };
}
