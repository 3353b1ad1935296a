/**
 * Recipes of training a transformer: what is left out of captions, how fast weights follow. All goes by fractions of
 * the run, so that a recipe serves runs of any length.
 */
import type { OptimizerSettings } from './optimizer.ts';
import type { RateSchedule } from './ramp.ts';

export interface TransformerRecipe extends RateSchedule {
  readonly optimizer: OptimizerSettings;
  /** How often a caption is left out, so that there is guidance afterwards [ours]. */
  readonly captionDropout: number;
  /** How often a merge of a caption's pieces is passed over. */
  readonly mergeDropout: number;
}

/** Steps of the paper's run. */
const PAPER_STEPS = 430_000;

const adam = { beta1: 0.9, beta2: 0.96, epsilon: 1e-8, decay: 4.5e-2, clip: 4 } as const;

/** The paper's (appendix B.2). It halved the rate five times when the loss rested: here a cosine takes it as far. */
export const PAPER_TRANSFORMER: TransformerRecipe = {
  learningRate: { from: 4.5e-4, to: 4.5e-4 / 32, until: 1 },
  warmUp: 5_000 / PAPER_STEPS,
  optimizer: { ...adam, averaging: 0.99 ** (1 / 25) }, // 0.99 every 25 steps
  captionDropout: 0,
  mergeDropout: 0.1,
};

/** For runs of hours on a processor. */
export const SHORT_TRANSFORMER: TransformerRecipe = {
  learningRate: { from: 1e-3, to: 1e-3 / 32, until: 1 },
  warmUp: 0.02,
  optimizer: { ...adam, averaging: 0.99 },
  captionDropout: 0.1,
  mergeDropout: 0.1,
};
