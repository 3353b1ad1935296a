/**
 * The second stage of DALL·E as a training task: a transformer over the tokens of captions and pictures. Weights are
 * named as in dalle-gl's own files; a recipe (transformer-recipe.ts) says how fast they follow.
 *
 * B batch, T text positions, H × W image positions.
 */
import { argumentError, checkObject } from '../base/check-argument.ts';
import type { RunInputs } from '../engine/index.ts';
import { imagePositions, textPositions } from '../nets/transformer/architecture.ts';
import type { TransformerArchitecture } from '../nets/transformer/architecture.ts';
import { transformerLoss } from '../nets/transformer/loss.ts';
import { expectedTransformerTensors } from '../nets/transformer/tensors.ts';
import { checkTokenizer, type Tokenizer } from '../nets/tokenizer/tokenizer.ts';
import { captionRows } from './captions.ts';
import type { Place } from './data/batches.ts';
import { drawGaussians } from './gaussians.ts';
import type { ParameterSpec } from './parameters.ts';
import type { TrainingTask } from './trainer.ts';
import { learningRateAt } from './ramp.ts';
import { SHORT_TRANSFORMER } from './transformer-recipe.ts';
import type { TransformerRecipe } from './transformer-recipe.ts';

/** The net that is trained, and on what. */
interface TransformerTaskOptions {
  readonly architecture: TransformerArchitecture;
  readonly tokenizer: Tokenizer;
  /** Samples of a batch, or of a part of one. */
  readonly batch: number;
  /** [ours for short runs] */
  readonly recipe?: TransformerRecipe;
  /** Computes each layer once more on the way back, for less memory [false]. */
  readonly recomputes?: boolean;
}

/** A task, and what the loop around it needs. */
interface TransformerTask {
  readonly task: TrainingTask;
  /** What `loss` is made of, by the names of reports: nats a token. */
  readonly reportNames: readonly ('text' | 'image')[];
  /** Random weights by name; `seed` is whole, 0 … 2³² − 1. */
  initialWeights(seed: number): Map<string, Float32Array>;
  /**
   * The inputs of a step.
   * @param places what is shown, with its captions
   * @param image tokens of their pictures, [B, H·W]
   * @param seed for what is left out of captions; none for captions as they are, as validation wants them
   */
  inputsAt(places: readonly Place[], image: Int32Array, seed?: number): Promise<RunInputs>;
  /** The learning rate of a step, from 1 on. */
  rateAt(step: number, steps: number): number;
}

/** Spread of weights at the start, as in GPT-2: the paper does not say. */
const SPREAD = 0.02;

/**
 * The training of a transformer as a task.
 *
 * @throws UsageError `E_ARGUMENT` for what does not go together
 */
export function createTransformerTask(options: TransformerTaskOptions): TransformerTask {
  checkTask(options);
  const { architecture, tokenizer, batch, recipe = SHORT_TRANSFORMER, recomputes = false } = options;
  const [words, cells] = [textPositions(architecture), imagePositions(architecture)];
  const { captionDropout, mergeDropout } = recipe;
  const task: TrainingTask = {
    specs: listSpecs(architecture),
    inputs: { text: { shape: [batch, words], dtype: 'i32' }, image: { shape: [batch, cells], dtype: 'i32' } },
    settings: recipe.optimizer,
    computeLoss(weights, { text, image }) {
      const losses = transformerLoss(architecture, weights, { text: text!, image: image! }, recomputes);
      return { loss: losses.loss, reports: { text: losses.text, image: losses.image } };
    },
  };
  return {
    task,
    reportNames: ['text', 'image'],
    initialWeights: (seed) => drawWeights(architecture, seed),
    async inputsAt(places, image, seed) {
      if (places.length !== batch) throw argumentError('inputsAt', `${batch} places`, places);
      const captions = { architecture, tokenizer, captionDropout, mergeDropout };
      const text = new Int32Array(batch * words);
      for (const [at, place] of places.entries()) text.set(await captionRows(place, captions, seed), at * words);
      return { text, image };
    },
    rateAt: (step, steps) => learningRateAt(recipe, step, steps),
  };
}

/** The last layer's weights first, as their gradients are made; of those, products alone decay. */
function listSpecs(architecture: TransformerArchitecture): ParameterSpec[] {
  return [...expectedTransformerTensors(architecture)].toReversed().map(([name, shape]) => {
    return { name, shape, decays: shape.length === 2 && !isTable(name) };
  });
}

/** What tokens and positions look up. */
function isTable(name: string): boolean {
  return /^(text|image)_(embedding|position|row|column)\./.test(name);
}

function drawWeights(architecture: TransformerArchitecture, seed: number): Map<string, Float32Array> {
  if (!Number.isSafeInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw argumentError('initialWeights', 'seed, a whole number from 0 to 4294967295', seed);
  const weights = new Map<string, Float32Array>();
  [...expectedTransformerTensors(architecture)].forEach(([name, shape], place) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const constant = shape.length === 1 ? startOf(name) : undefined;
    // What is added to the rows of all layers is smaller the more layers there are.
    const isLast = /\.(attention\.out|mlp\.down)\.weight$/.test(name);
    const spread = isLast ? SPREAD / Math.sqrt(2 * architecture.depth) : SPREAD;
    weights.set(
      name,
      constant === undefined ? drawGaussians(seed, place, count, spread) : new Float32Array(count).fill(constant),
    );
  });
  return weights;
}

/** What a vector begins with: gains at 1, biases at 0, LayerScale as in DALLE-pytorch. */
function startOf(name: string): number {
  const scale = /^layers\.(\d+)\..*_scale$/.exec(name);
  if (scale) return Number(scale[1]) < 18 ? 0.1 : Number(scale[1]) < 24 ? 1e-5 : 1e-6;
  return name.endsWith('.weight') ? 1 : 0;
}

function checkTask(options: TransformerTaskOptions): void {
  checkObject('createTransformerTask', 'options', options);
  const { architecture, tokenizer, batch } = options;
  const fail = (wanted: string, got: unknown): never => {
    throw argumentError('createTransformerTask', wanted, got);
  };
  checkTokenizer('createTransformerTask', tokenizer);
  expectedTransformerTensors(architecture); // refuses sizes that no net has
  if (!Number.isSafeInteger(batch) || batch < 1) fail('batch, a whole number from 1', batch);
  if (textPositions(architecture) < 2) fail('an architecture with two text positions at least', architecture);
  if (tokenizer.vocabularySize > architecture.text_vocab)
    fail(`a tokenizer of at most ${architecture.text_vocab} tokens`, tokenizer.vocabularySize);
}
