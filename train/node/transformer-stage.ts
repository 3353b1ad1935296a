/**
 * The second stage as a run: captions and tokens of a data set, the task of transformer.ts, and looks at captions that
 * it is not trained on: their loss, and pictures drawn for the first of them, each beside the picture of the training
 * set that is nearest to it, so that learning by heart shows.
 */
import type { Device } from '../../engine/index.ts';
import { composeGrid } from '../../images/compose.ts';
import { fromPixels } from '../../images/tensor.ts';
import { createPictureCoder } from '../../load/picture-coder.ts';
import { Dalle } from '../../nets/dalle/dalle.ts';
import type { TransformerArchitecture } from '../../nets/transformer/architecture.ts';
import { Transformer } from '../../nets/transformer/transformer.ts';
import { formatTokenizer } from '../../nets/tokenizer/tokenizer-json.ts';
import { BpeTokenizer } from '../../nets/tokenizer/bpe.ts';
import type { Tokenizer } from '../../nets/tokenizer/tokenizer.ts';
import { growTree } from '../../nets/weight-tree.ts';
import { compile } from '../../ops/index.ts';
import type { Model } from '../../weights-convert/model-folder/open-model.ts';
import { Batches, type Place } from '../data/batches.ts';
import type { DataSet } from '../data/data-set.ts';
import type { Preflight } from '../data/preflight.ts';
import { splitSamples } from '../data/split.ts';
import { trainPart } from '../freeze.ts';
import { withRate } from '../ramp.ts';
import { createTransformerTask } from '../transformer.ts';
import { SHORT_TRANSFORMER } from '../transformer-recipe.ts';
import { findNearest, type Thumbnails, makeThumbnails } from './nearest-pictures.ts';
import type { BaseModel, Look, RunStage } from './run-stage.ts';
import type { TokenCache } from './token-cache.ts';
import { describeRun, makeTrainedWeights } from './trained-weights.ts';

/** What a transformer is trained to be, on what, and how. */
export interface TransformerStageOptions {
  readonly data: DataSet;
  readonly looked: Preflight;
  readonly architecture: TransformerArchitecture;
  readonly tokenizer: Tokenizer;
  /** Its file, where it was not made here. */
  readonly tokenizerFile: string | undefined;
  readonly cache: TokenCache;
  /** Opens the folder of the coder of pictures: encoder and decoder. */
  openCoder(): Promise<Model>;
  /** Its hashes. */
  readonly coder: string;
  readonly size: number;
  /** Pictures of a step, and in how many parts they are given. */
  readonly batch: number;
  readonly parts: number;
  readonly steps: number;
  readonly seed: number;
  /** The largest learning rate [the recipe's]. */
  readonly rate: number | undefined;
  /** Weights to begin with, and how they are called in the settings [random ones]. */
  readonly from?: { readonly name: string; readonly weights: ReadonlyMap<string, Float32Array> } | undefined;
  /** What is said of the models that it is made of [none]. */
  readonly bases?: readonly BaseModel[];
  /** What the names of the weights that are trained begin with [all]. */
  readonly only: string | undefined;
}

/** Samples whose loss is looked at, captions that are drawn, and pictures among which the nearest is looked for. */
const LOOKED_AT = 64;
const DRAWN = 4;
const NEAR = 512;

/** Makes the stage. Throws UsageError `E_ARGUMENT` for sizes that do not go together. */
export function makeTransformerStage(options: TransformerStageOptions): RunStage {
  const { data, looked, architecture, tokenizer, cache, size, batch, parts, steps, seed, rate, from, only } = options;
  const each = batch / parts;
  const made = createTransformerTask({
    architecture,
    tokenizer,
    batch: each,
    recipe: withRate(SHORT_TRANSFORMER, rate),
  });
  const begin = (): ReadonlyMap<string, Float32Array> => from?.weights ?? made.initialWeights(seed);
  const task = only === undefined ? made.task : trainPart(made.task, begin(), only);
  const all = (weights: ReadonlyMap<string, Float32Array>): ReadonlyMap<string, Float32Array> =>
    only === undefined ? weights : new Map([...begin(), ...weights]);
  const known = new Set(cache.samples);
  const usable = looked.usable.filter((index) => known.has(index));
  const split = splitSamples(data, usable, { seed });
  const training = split.training.length > 0 ? split.training : usable;
  const validation = split.validation.length > 0 ? split.validation : training;
  const batches = new Batches(data, {
    ...{ seed, batch, size, samples: training },
    captionsOf: (index) => looked.captionsOf(index),
  });
  const unseen = Array.from(validation.slice(0, LOOKED_AT), (index) => batches.placeOf(index, 0));
  const settings = listSettings(options, training.length);
  const givenAt = (places: readonly Place[], noise?: number): ReturnType<typeof made.inputsAt> =>
    made.inputsAt(places, cache.tokensOf(places.map(({ index }) => index)), noise);
  let thumbnails: Promise<Thumbnails> | undefined;
  return {
    ...{ task, parts, pictures: batch, steps, settings, initialWeights: begin },
    bases: options.bases ?? [],
    async inputsAt(step) {
      const places = batches.placesAt(step - 1);
      const groups = Array.from({ length: parts }, (_, part) => places.slice(part * each, (part + 1) * each));
      return Promise.all(groups.map((group) => givenAt(group, seed)));
    },
    rateAt: (step) => made.rateAt(step, steps),
    async look(device, weights, signal) {
      const numbers = await measureLoss(device, made.task, all(weights), unseen, each, (group) => givenAt(group));
      thumbnails ??= makeThumbnails(batches, training.slice(0, NEAR));
      const captions = [...new Set(unseen.flatMap(({ caption }) => caption ?? []))].slice(0, DRAWN);
      const net = makeTrainedWeights(architecture, 'dalle-gl', all(weights));
      const coder = createPictureCoder(await options.openCoder(), { device });
      const dalle = new Dalle(coder, new Transformer(net, { device }), tokenizer);
      try {
        return { numbers, picture: await drawSheet(dalle, captions, await thumbnails, signal) };
      } finally {
        await dalle.dispose();
      }
    },
    dispose: () => tokenizer.dispose?.(),
    async makeModel(weights) {
      const model = await options.openCoder();
      const source = describeRun(settings);
      const text = options.tokenizerFile ?? formatTokenizer(tokenizer as BpeTokenizer);
      const { encoder, decoder, manifest } = model;
      const parts = [
        ...(encoder ? [{ weights: encoder, source: manifest.parts.encoder!.source }] : []),
        ...(decoder ? [{ weights: decoder, source: manifest.parts.decoder!.source }] : []),
        { weights: makeTrainedWeights(architecture, 'dalle-gl', all(weights)), source },
      ];
      return { parts, tokenizer: { bytes: new TextEncoder().encode(text), source }, close: () => model.close() };
    },
  };
}

function listSettings(options: TransformerStageOptions, pictures: number): RunStage['settings'] {
  const { data, architecture, size, batch, parts, steps, seed, rate, from, only, coder, cache } = options;
  const { dim, depth, heads, text_length, text_vocab } = architecture;
  return {
    ...{ stage: 'transformer', steps, batch, parts, size, seed, rate: rate ?? null },
    ...{ dim, depth, heads, textLength: text_length, words: text_vocab },
    ...{ from: from?.name ?? null, only: only ?? null, dvae: coder, data: data.fingerprint, pictures },
    tokens: cache.path.replace(/^.*tokens-|\.npy$/g, ''),
  };
}

/** Nats a token of captions as they are; whole batches only, but one at least. */
async function measureLoss(
  device: Device,
  task: ReturnType<typeof createTransformerTask>['task'],
  weights: ReadonlyMap<string, Float32Array>,
  places: readonly Place[],
  batch: number,
  inputsOf: (places: readonly Place[]) => Promise<Parameters<ReturnType<typeof compile>['run']>[0]>,
): Promise<Record<string, number>> {
  const specs = task.specs.map(({ name, shape }) => {
    return [name, { shape, dtype: 'F32', read: async () => weights.get(name)!.slice() }] as const;
  });
  const plan = compile(
    device,
    (given) => {
      const { loss, reports } = task.computeLoss(growTree(new Map(specs)), given);
      return { loss, text: reports['text']!, image: reports['image']! };
    },
    task.inputs,
  );
  try {
    const count = Math.max(1, Math.floor(places.length / batch));
    const sums = { loss: 0, text: 0, image: 0 };
    for (let at = 0; at < count; at++) {
      const group = Array.from({ length: batch }, (_, slot) => places[(at * batch + slot) % places.length]!);
      const result = await plan.run(await inputsOf(group));
      for (const name of ['loss', 'text', 'image'] as const) sums[name] += result[name][0]! / count;
    }
    return { validation: sums.loss, validationText: sums.text, validationImage: sums.image };
  } finally {
    plan.dispose();
  }
}

/** What is drawn at temperature 1, above what is nearest to it of the training set. */
async function drawSheet(
  dalle: Dalle,
  captions: readonly string[],
  thumbnails: Thumbnails,
  signal: AbortSignal | undefined,
): Promise<NonNullable<Look['picture']>> {
  const drawn = [];
  for (const [seed, caption] of captions.entries()) {
    const asked = { count: 1, seed, temperature: 1, truncate: true, ...(signal && { signal }) };
    for await (const { image } of dalle.generate(caption, asked)) {
      if (image) drawn.push(...fromPixels(image.data, image.shape));
    }
  }
  const nearest = drawn.map((picture) => findNearest(thumbnails, picture));
  return composeGrid([...drawn, ...nearest], { columns: drawn.length, gap: 2 });
}
