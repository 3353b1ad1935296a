/**
 * The first stage as a run: pictures of a data set, the task of dvae.ts, and looks at pictures that it is not trained
 * on: each is encoded to hard codes and decoded, as it will be when the model is used.
 */
import { composeGrid } from '../../images/compose.ts';
import type { Picture } from '../../images/picture.ts';
import { psnr } from '../../images/psnr.ts';
import { fromPixels } from '../../images/tensor.ts';
import type { DecoderArchitecture, EncoderArchitecture } from '../../nets/dvae/architecture.ts';
import { Dvae } from '../../nets/dvae/dvae.ts';
import { Batches, type Place } from '../data/batches.ts';
import { paperCrops } from '../data/crop.ts';
import type { DataSet } from '../data/data-set.ts';
import type { Preflight } from '../data/preflight.ts';
import { splitSamples } from '../data/split.ts';
import { createDvaeTask } from '../dvae.ts';
import { PAPER_RECIPE, SHORT_RECIPE, type DvaeRecipe } from '../dvae-recipe.ts';
import { measureUsage } from '../code-usage.ts';
import { trainPart } from '../freeze.ts';
import { withRate } from '../ramp.ts';
import type { BaseModel, Look, RunStage } from './run-stage.ts';
import { describeRun, makeTrainedWeights } from './trained-weights.ts';

/** What a dVAE is trained to be, on what, and how. */
export interface DvaeStageOptions {
  readonly data: DataSet;
  readonly looked: Preflight;
  readonly encoder: EncoderArchitecture;
  readonly decoder: DecoderArchitecture;
  /** Pixels along each side. */
  readonly size: number;
  /** Pictures of a step, and in how many parts they are given. */
  readonly batch: number;
  readonly parts: number;
  readonly steps: number;
  readonly seed: number;
  /** The largest learning rate [the recipe's]. */
  readonly rate: number | undefined;
  readonly objective: 'short' | 'paper';
  /** The middle square of each picture, or the paper's random ones. */
  readonly crop: 'centre' | 'paper';
  readonly flip: boolean;
  /** The least side of a picture [`size`]. */
  readonly smallest: number;
  /** Weights to begin with, and how they are called in the settings [random ones]. */
  readonly from?: { readonly name: string; readonly weights: ReadonlyMap<string, Float32Array> } | undefined;
  /** What is said of the models that it is made of [none]. */
  readonly bases?: readonly BaseModel[];
  /** What the names of the weights that are trained begin with [all]. */
  readonly only: string | undefined;
}

/** Pictures by which codes are spread before the first step. */
const SPREAD_OVER = 60;
/** Pictures that are looked at, and those of them that are shown. */
const LOOKED_AT = 256;
const SHOWN = 8;

/** Makes the stage. Throws UsageError `E_ARGUMENT` for sizes that do not go together. */
export function makeDvaeStage(options: DvaeStageOptions): RunStage {
  const { data, looked, encoder, decoder, size, batch, parts, steps, seed, from, only } = options;
  const each = batch / parts;
  const made = createDvaeTask({ encoder, decoder, size, batch: each, recipe: recipeOf(options) });
  const begin = (): ReadonlyMap<string, Float32Array> => from?.weights ?? made.initialWeights(seed);
  const task = only === undefined ? made.task : trainPart(made.task, begin(), only);
  const split = splitSamples(data, looked.usable, { seed });
  const training = split.training.length > 0 ? split.training : looked.usable;
  const validation = (split.validation.length > 0 ? split.validation : training).slice(0, LOOKED_AT);
  const { smallest, flip } = options;
  const shared = { seed, size, smallest, captionsOf: (index: number) => looked.captionsOf(index) };
  const crop = options.crop === 'paper' ? paperCrops.dvae : 'centre';
  const batches = new Batches(data, { ...shared, batch, samples: training, crop, flip });
  const unseen = new Batches(data, { ...shared, batch: each, samples: validation });
  const settings = listSettings(options, training.length);
  const all = (weights: ReadonlyMap<string, Float32Array>): ReadonlyMap<string, Float32Array> =>
    only === undefined ? weights : new Map([...begin(), ...weights]);
  const netsOf = (weights: ReadonlyMap<string, Float32Array>): ConstructorParameters<typeof Dvae>[0] => ({
    encoder: makeTrainedWeights(encoder, 'openai', all(weights), 'encoder.'),
    decoder: makeTrainedWeights(decoder, 'openai', all(weights), 'decoder.'),
  });
  return {
    ...{ task, parts, pictures: batch, steps, settings },
    bases: options.bases ?? [],
    async initialWeights(device) {
      if (from) return from.weights;
      const places = Array.from(training.slice(0, SPREAD_OVER), (index) => batches.placeOf(index, 0));
      const { pixels } = await batches.readBatch(places);
      return made.spreadCodes(device, begin(), pixels);
    },
    async inputsAt(step, signal) {
      const { pixels } = await batches.batchAt(step - 1, signal);
      const length = pixels.length / parts;
      return Array.from({ length: parts }, (_, part) => {
        const samples = Int32Array.from({ length: each }, (_, at) => part * each + at);
        return made.inputsAt(step, steps, seed, samples, pixels.subarray(part * length, (part + 1) * length));
      });
    },
    rateAt: (step) => made.rateAt(step, steps),
    look: (device, weights, signal) => {
      const dvae = new Dvae(netsOf(weights), { device });
      const places = Array.from(validation, (index) => unseen.placeOf(index, 0));
      return lookAt(dvae, unseen, places, each, decoder.vocab_size, signal).finally(() => dvae.dispose());
    },
    makeModel(weights) {
      const { encoder, decoder } = netsOf(weights);
      const source = describeRun(settings);
      return { parts: [encoder!, decoder!].map((weights) => ({ weights, source })) };
    },
  };
}

function recipeOf({ objective, rate }: DvaeStageOptions): DvaeRecipe {
  return withRate(objective === 'paper' ? PAPER_RECIPE : SHORT_RECIPE, rate);
}

function listSettings(options: DvaeStageOptions, pictures: number): RunStage['settings'] {
  const { data, encoder, decoder, size, batch, parts, steps, seed, objective, crop, flip, smallest, from } = options;
  return {
    ...{ stage: 'dvae', steps, batch, parts, size, seed, objective, rate: options.rate ?? null },
    ...{ hidden: encoder.n_hid, blocks: encoder.n_blk_per_group, vocab: encoder.vocab_size, init: decoder.n_init },
    ...{ crop, flip, smallest, from: from?.name ?? null, only: options.only ?? null },
    ...{ data: data.fingerprint, pictures },
  };
}

/** Decibels of the pictures, and what codes they have. */
async function lookAt(
  dvae: Dvae,
  batches: Batches,
  places: readonly Place[],
  batch: number,
  vocabulary: number,
  signal: AbortSignal | undefined,
): Promise<Look> {
  const originals: Picture[] = [];
  const reconstructions: Picture[] = [];
  const counts = new Float64Array(vocabulary);
  for (let start = 0; start < places.length; start += batch) {
    const shown = places.slice(start, start + batch);
    const { pixels } = await batches.readBatch(shown);
    const side = Math.sqrt(pixels.length / (3 * shown.length));
    const given = { data: pixels, shape: [shown.length, 3, side, side] as const };
    const made = await dvae.reconstruct(given, signal && { signal });
    made.tokens.data.forEach((token) => counts[token]!++);
    originals.push(...fromPixels(given.data, given.shape));
    reconstructions.push(...fromPixels(made.pixels.data, made.pixels.shape));
  }
  const { used, perplexity, dead } = measureUsage(counts);
  const decibels = originals.map((original, at) => Math.min(99, psnr(original, reconstructions[at]!)));
  return {
    numbers: {
      psnr: decibels.reduce((sum, value) => sum + value, 0) / decibels.length,
      ...{ codes: used, codePerplexity: perplexity, deadCodes: dead },
    },
    picture: composeGrid([...originals.slice(0, SHOWN), ...reconstructions.slice(0, SHOWN)], {
      ...{ columns: Math.min(SHOWN, originals.length), gap: 2 },
    }),
  };
}
