/**
 * What a transformer would take, from its shape alone: its programs are planned as always, for the limits of a device,
 * but no weight is read and nothing is allocated, so a transformer of any size can be asked about.
 *
 * Times are estimates: texture reads over the rate at which the device makes them in one product, plus what an empty
 * draw costs. Reading logits back and decoding the picture are not counted.
 */
import { makePlan, placeholder, planDraws, sizeOf, withoutRules } from '../../engine/index.ts';
import type { Draws, DrawLimits, Slot, Tensor } from '../../engine/index.ts';
import { argumentError, checkNumbers, checkObject } from '../../base/check-argument.ts';
import { checkArchitecture } from '../net-kinds.ts';
import { standardRules } from '../../ops/index.ts';
import { expectedTransformerTensors } from './tensors.ts';
import { imagePositions, textPositions, type TransformerArchitecture } from './architecture.ts';
import type { TensorData } from '../weights.ts';
import { growTree } from '../weight-tree.ts';
import { countCacheBytes, createCaches } from './caches.ts';
import type { DeviceSpeed } from './measure-speed.ts';
import { nextInputs, nextLogits } from './sequence.ts';
import { deriveTables } from './tables.ts';

/** One run of a plan. */
interface Work {
  readonly draws: number;
  /** Multiply-adds. */
  readonly macs: number;
  /** Texture reads. */
  readonly fetches: number;
  /** Bytes of the weights that its products go through. */
  readonly weightBytes: number;
}

/** What planning must know of a device: a `WebGLDevice`, or what one would be. */
interface PlannedDevice extends DrawLimits {
  /** Names of rewrite rules that do not pay there, see `DeviceOptions` [none]. */
  readonly without?: readonly string[];
}

/** What a transformer takes. */
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

/**
 * Plans the decoding of `batch` candidates of one text. Takes a second for a thousand draws.
 * @throws FormatError `E_ARCHITECTURE`; UsageError `E_ARGUMENT`; ShapeError `E_ATTRIBUTE` for an unknown rule
 */
export function planTransformer(
  architecture: TransformerArchitecture,
  limits: PlannedDevice,
  batch: number = 1,
): TransformerPlan {
  checkArchitecture('planTransformer', architecture);
  checkObject('planTransformer', 'limits of a device', limits);
  checkWhole('planTransformer', 'batch', batch);
  const rules = withoutRules(standardRules, limits.without ?? []);
  const tensors = describeWeights(architecture);
  const weights = growTree(deriveTables(architecture, tensors));
  const caches = createCaches(architecture, batch);
  const planNext = (kind: 'text' | 'image', sequences: number, count: number): Draws => {
    const { tokens, position } = nextInputs(sequences, count);
    const next = { tokens: placeholder('tokens', tokens), position: placeholder('position', position), caches, batch };
    return planDraws(makePlan([nextLogits(architecture, weights, kind, next)], rules), limits);
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

/** Weights beyond this are taken to come from memory at each token. */
const cachedBytes = 64 * 2 ** 20;

/** What a transformer takes of time. */
interface SecondsNeeded {
  /** To read a text. */
  readonly prompt: number;
  /** For a token of every candidate. */
  readonly token: number;
  /** For all tokens of the pictures, the text read before. */
  readonly picture: number;
}

/** Seconds on a device that was measured, the text and each token. Throws UsageError `E_ARGUMENT`. */
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
