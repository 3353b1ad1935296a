/**
 * The first stage of DALL·E as a training task: a discrete VAE in the form of OpenAI's, both halves at once. Weights
 * are named as in OpenAI's files, with `encoder.` or `decoder.` before; a recipe (dvae-recipe.ts) says the rest.
 *
 * B batch, S side of a picture, V vocabulary.
 */
import { argumentError } from '../base/check-argument.ts';
import type { RunInputs, TensorType } from '../engine/index.ts';
import type { DecoderArchitecture, EncoderArchitecture } from '../nets/dvae/architecture.ts';
import { decoder as runDecoder } from '../nets/dvae/decoder.ts';
import { encoder as runEncoder } from '../nets/dvae/encoder.ts';
import { SCHEDULE, computeDvaeLoss } from '../nets/dvae/loss.ts';
import type { DvaeLoss, DvaeNets, DvaeObjective, LossGiven } from '../nets/dvae/loss.ts';
import { patch } from '../nets/dvae/patch.ts';
import { listConvolutions } from '../nets/dvae/tensors.ts';
import { branchOf } from '../nets/weight-tree.ts';
import type { WeightTree } from '../nets/weight-tree.ts';
import { uniform } from '../ops/random/uniform.ts';
import { SHORT_RECIPE, learningRateAt, lossWeightsAt } from './dvae-recipe.ts';
import type { DvaeRecipe } from './dvae-recipe.ts';
import { drawGaussians } from './gaussians.ts';
import type { ParameterSpec } from './parameters.ts';
import type { TrainingTask } from './trainer.ts';

/** The nets that are trained, and on what. */
interface DvaeTaskOptions {
  readonly encoder: EncoderArchitecture;
  readonly decoder: DecoderArchitecture;
  /** Pixels along each side of a picture, a multiple of 8. */
  readonly size: number;
  /** Pictures of a batch, or of a part of one. */
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
   * The inputs of a step.
   * @param step from 1 on
   * @param samples the number of each picture among those of the step: noise goes by it
   * @param pixels [B, 3, S, S], each in 0…1
   */
  inputsAt(step: number, steps: number, seed: number, samples: ArrayLike<number>, pixels: Float32Array): RunInputs;
  /** The learning rate of a step, from 1 on. */
  rateAt(step: number, steps: number): number;
}

/** "gumb": noise of codes, among the draws of a seed. */
const NOISE = 0x67756d62;

/** @throws UsageError `E_ARGUMENT` for sizes that do not go together */
export function createDvaeTask(options: DvaeTaskOptions): DvaeTask {
  const { size, batch, recipe = SHORT_RECIPE } = options;
  checkTask(options);
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
    initialWeights: (seed) => drawWeights(options, recipe, seed),
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
  };
}

/** Both nets over weights whose names have `encoder.` and `decoder.` before. */
function netsOf({ encoder, decoder }: Pick<DvaeTaskOptions, 'encoder' | 'decoder'>, tree: WeightTree): DvaeNets {
  return {
    encode: (pixels) => runEncoder(encoder, branchOf(tree, 'encoder.'), pixels),
    decode: (codes) => runDecoder(decoder, branchOf(tree, 'decoder.'), codes),
  };
}

/** The loss of a batch whose noise is given. */
export function traceDvaeLoss(
  nets: Pick<DvaeTaskOptions, 'encoder' | 'decoder'>,
  weights: WeightTree,
  given: LossGiven,
  objective: DvaeObjective,
): DvaeLoss {
  return computeDvaeLoss(netsOf(nets, weights), given, objective);
}

/** A convolution of either net, by the name that it has in a task. */
interface NamedConvolution {
  readonly name: string;
  readonly shape: readonly [outputs: number, inputs: number, height: number, width: number];
}

/** In the order in which a picture goes through them. */
function nameConvolutions({ encoder, decoder }: DvaeTaskOptions): NamedConvolution[] {
  return [encoder, decoder].flatMap((architecture) => {
    const part = architecture.kind === 'dvae-encoder' ? 'encoder' : 'decoder';
    return listConvolutions(architecture).map(({ name, inputs, outputs, kernel }) => {
      return { name: `${part}.${name}`, shape: [outputs, inputs, kernel, kernel] as const };
    });
  });
}

/** The last layer's weights first, as their gradients are made. */
function listSpecs(options: DvaeTaskOptions): ParameterSpec[] {
  return nameConvolutions(options)
    .toReversed()
    .flatMap(({ name, shape }) => [
      { name: `${name}.w`, shape, decays: true },
      { name: `${name}.b`, shape: [shape[0]], decays: false },
    ]);
}

function drawWeights(options: DvaeTaskOptions, { start }: DvaeRecipe, seed: number): Map<string, Float32Array> {
  if (!Number.isSafeInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw argumentError('initialWeights', 'seed, a whole number from 0 to 4294967295', seed);
  const weights = new Map<string, Float32Array>();
  nameConvolutions(options).forEach(({ name, shape: [outputs, inputs, height, width] }, place) => {
    const terms = inputs * height * width;
    const gain = name.includes('.res_path.') ? start.residual : name === LAST ? start.statistics : 1;
    weights.set(`${name}.w`, drawGaussians(seed, place, outputs * terms, gain / Math.sqrt(terms)));
    weights.set(`${name}.b`, new Float32Array(outputs));
  });
  return weights;
}

/** What gives the statistics of pixels. */
const LAST = 'decoder.blocks.output.conv';

function checkTask({ encoder, decoder, size, batch }: DvaeTaskOptions): void {
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
