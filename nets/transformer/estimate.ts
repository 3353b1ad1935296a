/**
 * What a transformer would take, from its shape alone: its programs are planned as always, for the limits of a device,
 * but no weight is read and nothing is allocated, so a transformer of any size can be asked about.
 *
 * Times are estimates: texture reads over the rate at which the device makes them in one product, plus what an empty
 * draw costs. Reading logits back and decoding the picture are not counted.
 */
import { makePlan, placeholder, planDraws, sizeOf } from '../../engine/index.ts';
import type { Draws, DrawLimits, Slot, Tensor } from '../../engine/index.ts';
import { argumentError, checkNumbers, checkObject } from '../../base/check-argument.ts';
import { checkArchitecture } from '../../weights-convert/check-given.ts';
import { add, compile, constant, linear, standardRules } from '../../ops/index.ts';
import type { Device } from '../../ops/index.ts';
import {
  expectedTransformerTensors,
  imagePositions,
  textPositions,
  type TransformerArchitecture,
} from '../../weights-convert/transformer-spec.ts';
import type { TensorData } from '../../weights-convert/weights.ts';
import { growTree } from '../weight-tree.ts';
import { countCacheBytes, createCaches } from './caches.ts';
import { nextInputs, nextLogits } from './sequence.ts';
import { deriveTables } from './tables.ts';

/** One run of a plan. */
export interface Work {
  readonly draws: number;
  /** Multiply-adds. */
  readonly macs: number;
  /** Texture reads. */
  readonly fetches: number;
  /** Bytes of the weights that its products go through. */
  readonly weightBytes: number;
}

export interface TransformerPlan {
  readonly architecture: TransformerArchitecture;
  /** Candidates that are drawn together. */
  readonly batch: number;
  readonly parameters: number;
  /** Bytes on the device. `textures`: the most that all else takes at once. */
  readonly bytes: { readonly weights: number; readonly caches: number; readonly textures: number };
  /** Reading a text. */
  readonly prompt: Work;
  /** A token of every candidate. */
  readonly token: Work;
}

/** Plans the decoding of `batch` candidates of one text. Takes a second for a thousand draws. */
export function planTransformer(
  architecture: TransformerArchitecture,
  limits: DrawLimits,
  batch: number = 1,
): TransformerPlan {
  checkArchitecture('planTransformer', architecture);
  checkWhole('planTransformer', 'batch', batch);
  const tensors = describeWeights(architecture);
  const weights = growTree(deriveTables(architecture, tensors));
  const caches = createCaches(architecture, batch);
  const planNext = (kind: 'text' | 'image', sequences: number, count: number): Draws => {
    const { tokens, position } = nextInputs(sequences, count);
    const next = { tokens: placeholder('tokens', tokens), position: placeholder('position', position), caches, batch };
    return planDraws(makePlan([nextLogits(architecture, weights, kind, next)], standardRules), limits);
  };
  const plans = [planNext('text', 1, textPositions(architecture)), planNext('image', batch, 1)] as const;
  const [prompt, token] = plans.map(sumWork) as [Work, Work];
  return {
    architecture,
    batch,
    parameters: [...tensors.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    bytes: {
      weights: countConstantBytes(plans),
      caches: batch * countCacheBytes(architecture),
      textures: Math.max(...plans.map(({ peakBytes }) => peakBytes)),
    },
    prompt,
    token,
  };
}

function checkWhole(where: string, name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1 || value > 1024) {
    throw argumentError(where, `${name}, a whole number from 1 to 1024`, value);
  }
}

function checkPlan(where: string, plan: TransformerPlan): void {
  checkObject(where, 'a plan, as planTransformer makes', plan);
  checkArchitecture(where, plan.architecture);
  for (const part of [plan.bytes, plan.prompt, plan.token]) checkObject(where, 'a part of the plan', part);
  checkWhole(where, 'batch', plan.batch);
}

/** The tensors of a checkpoint that is not there. */
function describeWeights(architecture: TransformerArchitecture): Map<string, TensorData> {
  const read = async (): Promise<Float32Array> => {
    throw new Error('a shape has no weights to read');
  };
  const shapes = expectedTransformerTensors(architecture);
  return new Map([...shapes].map(([name, shape]) => [name, { shape, dtype: 'F32', read }]));
}

function sumWork({ passes, slots }: Draws): Work {
  const sum = (count: (pass: Draws['passes'][number]) => number): number =>
    passes.reduce((total, pass) => total + count(pass), 0);
  const weightsOf = (inputs: readonly number[]): number =>
    inputs.reduce((bytes, slot) => bytes + (isWeight(slots[slot]!) ? slots[slot]!.layout.bytes : 0), 0);
  return {
    draws: passes.length,
    macs: sum(({ cost }) => cost.macs),
    fetches: sum(({ cost }) => cost.fetches),
    weightBytes: sum(({ cost, inputs }) => (cost.macs > 0 ? weightsOf(inputs) : 0)),
  };
}

function isWeight({ kind }: Slot): boolean {
  return kind === 'constant' || kind === 'derived';
}

/** Plans of one net share a constant, and what is derived of it. */
function countConstantBytes(plans: readonly Draws[]): number {
  const constants = new Map<Tensor, number>();
  for (const { slots } of plans) {
    for (const slot of slots.filter(isWeight)) constants.set(slot.tensor, slot.layout.bytes);
  }
  return [...constants.values()].reduce((sum, bytes) => sum + bytes, 0);
}

export interface DeviceSpeed {
  readonly secondsPerDraw: number;
  /** Texture reads a second in a product with a weight that caches hold, or that is read for many rows at once. */
  readonly fetchesPerSecond: number;
  /** The same with a weight that comes from memory. */
  readonly streamedFetchesPerSecond: number;
}

/** The products that are timed, [1, K] · [O, K]ᵀ with weights of 16 and 128 MB, and the draws that do next to nothing. */
const smallWeight = [4096, 1024] as const;
const largeWeight = [16_384, 2048] as const;
/** Weights beyond this are taken to come from memory at each token. */
const cachedBytes = 64 * 2 ** 20;
const chain = 64;
const rounds = 5;

/** Measures a device, in one to three seconds. Throws as `Compiled.run`. */
export async function measureSpeed(device: Device): Promise<DeviceSpeed> {
  return {
    secondsPerDraw: await timeDraw(device),
    fetchesPerSecond: await timeProduct(device, smallWeight),
    streamedFetchesPerSecond: await timeProduct(device, largeWeight),
  };
}

async function timeDraw(device: Device): Promise<number> {
  const draws = compile(device, ({ x }) => Array.from({ length: chain }).reduce((sum: Tensor) => add(sum, x), x), {
    x: [1, 4],
  });
  try {
    return (await timeRuns(() => draws.run({ x: new Float32Array(4) }))) / chain;
  } finally {
    draws.dispose();
  }
}

async function timeProduct(device: Device, [outputs, inner]: readonly [number, number]): Promise<number> {
  const type = { shape: [outputs, inner], dtype: 'f32' } as const;
  const weight = constant('weight', type, () => new Float32Array(outputs * inner));
  const product = compile(device, ({ x }) => linear(x, weight), { x: [1, inner] });
  try {
    const seconds = await timeRuns(() => product.run({ x: new Float32Array(inner) }));
    // The reference device plans nothing: there a texture read stands for four numbers.
    const fetches = product.draws ? sumWork(product.draws).fetches : (outputs * inner) / 4;
    return fetches / seconds;
  } finally {
    product.dispose();
  }
}

/** Seconds of the fastest of a few runs, after one that compiles. */
async function timeRuns(run: () => Promise<unknown>): Promise<number> {
  await run();
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await run();
    least = Math.min(least, (performance.now() - start) / 1000);
  }
  return least;
}

export interface SecondsNeeded {
  /** To read a text. */
  readonly prompt: number;
  /** For a token of every candidate. */
  readonly token: number;
  /** For all tokens of the pictures, the text read before. */
  readonly picture: number;
}

export function estimateSeconds(plan: TransformerPlan, speed: DeviceSpeed): SecondsNeeded {
  checkPlan('estimateSeconds', plan);
  checkObject('estimateSeconds', 'speed', speed);
  const { secondsPerDraw, fetchesPerSecond, streamedFetchesPerSecond } = speed;
  checkNumbers('estimateSeconds', 'speed', [secondsPerDraw, fetchesPerSecond, streamedFetchesPerSecond]);
  const { architecture, prompt, token } = plan;
  const secondsOf = ({ draws, fetches }: Work, rate: number): number => draws * speed.secondsPerDraw + fetches / rate;
  const read = secondsOf(prompt, speed.fetchesPerSecond);
  const isCached = token.weightBytes <= cachedBytes;
  const step = secondsOf(token, isCached ? speed.fetchesPerSecond : speed.streamedFetchesPerSecond);
  // The text gives the first token of the image.
  return { prompt: read, token: step, picture: read + (imagePositions(architecture) - 1) * step };
}

/** Layers of this shape that fit into so many bytes, caches and all; 0 if not even one does. */
export function countFittingLayers(plan: TransformerPlan, available: number): number {
  checkPlan('countFittingLayers', plan);
  checkNumbers('countFittingLayers', 'available', [available]);
  const { architecture, bytes, batch } = plan;
  const { depth } = architecture;
  const layer = [
    ...expectedTransformerTensors({ ...architecture, depth: 1, attention: architecture.attention.slice(0, 1) }),
  ];
  const weights = layer
    .filter(([name]) => name.startsWith('layers.'))
    .reduce((sum, [, shape]) => sum + 4 * sizeOf(shape), 0);
  const perLayer = weights + (batch * countCacheBytes(architecture)) / depth;
  const rest = bytes.weights + bytes.caches + bytes.textures - depth * perLayer;
  return Math.max(0, Math.min(depth, Math.floor((available - rest) / perLayer)));
}
