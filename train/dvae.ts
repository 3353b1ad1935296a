/**
 * The first stage of DALL·E as a training task: a discrete VAE in the form of OpenAI's, both halves at once. Weights
 * are named as in OpenAI's files, with `encoder.` or `decoder.` before; a recipe (dvae-recipe.ts) says the rest.
 *
 * B batch, S side of a picture, V vocabulary.
 */
import { argumentError, checkObject } from '../base/check-argument.ts';
import type { Device, RunInputs, TensorType } from '../engine/index.ts';
import { SCHEDULE, computeDvaeLoss } from '../nets/dvae/loss.ts';
import type { DvaeLoss, DvaeObjective, LossGiven } from '../nets/dvae/loss.ts';
import { patch } from '../nets/dvae/patch.ts';
import { checkArchitecture } from '../nets/net-kinds.ts';
import type { WeightTree } from '../nets/weight-tree.ts';
import { uniform } from '../ops/random/uniform.ts';
import { SHORT_RECIPE, lossWeightsAt } from './dvae-recipe.ts';
import type { DvaeRecipe } from './dvae-recipe.ts';
import { listSpecs, netsOf } from './dvae-nets.ts';
import type { DvaePair } from './dvae-nets.ts';
import { DvaeEvaluation } from './dvae-evaluation.ts';
import { drawWeights, spreadLogits } from './dvae-start.ts';
import type { Parameters, Track } from './parameters.ts';
import { learningRateAt } from './ramp.ts';
import type { TrainingTask } from './trainer.ts';

/** The nets that are trained, and on what. */
interface DvaeTaskOptions extends DvaePair {
  /** Pixels along each side of a picture, a multiple of 8. */
  readonly size: number;
  /** Pictures of a batch, or of a part of one; the usage of codes is that of a part. */
  readonly batch: number;
  /** [ours for short runs] */
  readonly recipe?: DvaeRecipe;
}

/** A task, and what the loop around it needs. */
interface DvaeTask {
  readonly task: TrainingTask;
  /** What `loss` is made of, by the names of reports. */
  readonly reportNames: readonly (keyof DvaeLoss['reports'])[];
  /** Random weights by name; `seed` is whole, 0 … 2³² − 1. */
  initialWeights(seed: number): Map<string, Float32Array>;
  /**
   * The same weights with codes that are all in use, if the recipe says so: some 60 pictures [N, 3, S, S] of the
   * training's are enough. A run begins with it, and does not need it when it goes on.
   */
  spreadCodes(
    device: Device,
    weights: ReadonlyMap<string, Float32Array>,
    pixels: Float32Array,
  ): Promise<ReadonlyMap<string, Float32Array>>;
  /**
   * The inputs of a step.
   * @param step from 1 on
   * @param samples the number of each picture among those of the step: noise goes by it
   * @param pixels [B, 3, S, S], each in 0…1
   */
  inputsAt(step: number, steps: number, seed: number, samples: ArrayLike<number>, pixels: Float32Array): RunInputs;
  /** The learning rate of a step, from 1 on. */
  rateAt(step: number, steps: number): number;
  /** Plans for pictures of a validation, over the weights of a training or [`average`] their average. */
  createEvaluation(device: Device, parameters: Parameters, track?: Track): DvaeEvaluation;
}

/** "gumb": noise of codes, among the draws of a seed. */
const NOISE = 0x67756d62;

/**
 * The training of a dVAE as a task.
 *
 * @throws UsageError `E_ARGUMENT` for sizes that do not go together
 */
export function createDvaeTask(options: DvaeTaskOptions): DvaeTask {
  checkTask(options);
  const { size, batch, recipe = SHORT_RECIPE } = options;
  const grid = size / patch;
  const codes = [options.decoder.vocab_size, grid, grid];
  const inputs: Record<string, TensorType> = {
    pixels: { shape: [batch, 3, size, size], dtype: 'f32' },
    schedule: { shape: [SCHEDULE.length], dtype: 'f32' },
    stream: { shape: [4], dtype: 'i32' },
    samples: { shape: [batch], dtype: 'i32' },
  };
  const task: TrainingTask = {
    specs: listSpecs(options),
    inputs,
    settings: recipe.optimizer,
    computeLoss(weights, { pixels, schedule, stream, samples }) {
      const uniforms = uniform(stream!, samples!, { use: NOISE, shape: codes });
      return traceDvaeLoss(options, weights, { pixels: pixels!, schedule: schedule!, uniforms }, recipe.objective);
    },
  };
  return {
    task,
    reportNames: ['likelihood', 'squared', 'divergence', 'perplexity'],
    initialWeights: (seed) => drawWeights(options, recipe.start, seed),
    async spreadCodes(device, weights, pixels) {
      const spread = recipe.start.logitSpread;
      return spread > 0 ? spreadLogits(device, { pair: options, sizes: options, weights, spread }, pixels) : weights;
    },
    inputsAt(step, steps, seed, samples, pixels) {
      const weights = lossWeightsAt(recipe, step, steps, 3 * patch ** 2);
      return {
        pixels,
        schedule: SCHEDULE.map((name) => weights[name]),
        stream: [seed & 0xffff, seed >>> 16, step & 0xffff, step >>> 16],
        samples: Int32Array.from(samples),
      };
    },
    rateAt: (step, steps) => learningRateAt(recipe, step, steps),
    createEvaluation: (device, parameters, track = 'average') =>
      new DvaeEvaluation(device, options, options, parameters.tree(undefined, track)),
  };
}

/** The loss of a batch whose noise is given. */
export function traceDvaeLoss(
  nets: DvaePair,
  weights: WeightTree,
  given: LossGiven,
  objective: DvaeObjective,
): DvaeLoss {
  return computeDvaeLoss(netsOf(nets, weights), given, objective);
}

function checkTask(options: DvaeTaskOptions): void {
  checkObject('createDvaeTask', 'options', options);
  const { encoder, decoder, size, batch } = options;
  for (const architecture of [encoder, decoder]) checkArchitecture('createDvaeTask', architecture);
  const fail = (wanted: string, got: unknown): never => {
    throw argumentError('createDvaeTask', wanted, got);
  };
  if (!Number.isSafeInteger(size) || size < patch || size % patch !== 0) fail(`size, a multiple of ${patch}`, size);
  if (!Number.isSafeInteger(batch) || batch < 1) fail('batch, a whole number from 1', batch);
  if (encoder.vocab_size !== decoder.vocab_size)
    fail(`a decoder of the encoder's ${encoder.vocab_size} codes`, decoder.vocab_size);
  if (encoder.input_channels !== 3 || decoder.output_channels !== 3)
    fail('nets of pictures of 3 channels', [encoder.input_channels, decoder.output_channels]);
}
