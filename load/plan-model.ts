/**
 * What a model would take on a device, from the sizes of its nets alone: each is made on a device that only plans
 * (engine/planning-device.ts), and asked once for what people ask of it. No weight is read and nothing is allocated.
 */
import { sizeOf } from '../engine/index.ts';
import { imageTokens as bartTokens } from '../nets/bart/architecture.ts';
import { Clip } from '../nets/clip/clip.ts';
import { expectedNetTensors, partOf, type NetArchitecture, type NetPart } from '../nets/net-kinds.ts';
import type { Tokenizer } from '../nets/tokenizer/tokenizer.ts';
import { imagePositions, textPositions } from '../nets/transformer/architecture.ts';
import type { DeviceSpeed } from '../nets/transformer/measure-speed.ts';
import type { TensorData, Weights, WeightsOf } from '../nets/weights.ts';
import type { ModelWeights } from '../weights-convert/model-folder/open-model.ts';
import { createPictureCoder } from './picture-coder.ts';
import { PlanningDevice, type PlannedBytes, type PlannedForm, type PlannedWork } from './planning-device.ts';
import { createTokenTransformer } from './token-transformer.ts';

/** A net of the model, and how its file keeps the weights. */
export interface NetToPlan {
  readonly architecture: NetArchitecture;
  readonly dtype: 'f32' | 'f16' | 'mixed';
}

/** How pictures are drawn. */
interface DrawingToPlan {
  /** Candidates that are drawn together [1]. */
  readonly candidates?: number;
  /** Whether each has a twin that reads the empty text [false]. */
  readonly guided?: boolean;
}

/** What the model is asked for. */
export type WorkName = 'prompt' | 'token' | 'decode' | 'encode' | 'clipText' | 'clipPicture';

/** Nets that work together, with what they take on the device. */
export interface PlannedGroup {
  readonly name: 'drawing' | 'decoder' | 'encoder' | 'clip';
  readonly parameters: number;
  readonly bytes: PlannedBytes;
  readonly works: { readonly [Name in WorkName]?: PlannedWork };
}

/** What a model takes. */
export interface ModelPlan {
  readonly parts: readonly {
    readonly part: NetPart;
    readonly architecture: NetArchitecture;
    readonly parameters: number;
  }[];
  readonly groups: readonly PlannedGroup[];
  /** Image tokens of a picture; 0 where nothing draws. */
  readonly imageTokens: number;
  readonly candidates: number;
}

/** Weights beyond this are taken to come from memory each time. */
const CACHED_BYTES = 64 * 2 ** 20;
/** A read is of four floats. */
const READ_BYTES = 16;

/** Seconds on a device that was measured: reading results back is not counted. */
export function estimateWork({ draws, fetches, denseMacs, weightBytes }: PlannedWork, speed: DeviceSpeed): number {
  const reading = fetches / speed.fetchesPerSecond;
  const streaming = weightBytes > CACHED_BYTES ? weightBytes / (READ_BYTES * speed.streamedFetchesPerSecond) : 0;
  // Where many rows share a weight, it comes from memory while they are multiplied.
  const multiplying = denseMacs / speed.macsPerSecond;
  return draws * speed.secondsPerDraw + Math.max(reading + multiplying, streaming);
}

/** Pixels along each side where no transformer says how many tokens a picture has. */
const USUAL_SIDE = 256;

/**
 * Plans a model. Takes a second for a thousand draws.
 *
 * @throws DalleError `E_PART_MISSING`, FormatError `E_ARCHITECTURE`, `E_MODEL_MANIFEST` as the nets do
 */
export async function planModel(
  nets: readonly NetToPlan[],
  form: PlannedForm,
  { candidates = 1, guided = false }: DrawingToPlan = {},
): Promise<ModelPlan> {
  const parts: Record<string, Weights> = {};
  for (const net of nets) parts[partOf(net.architecture)] = describeWeights(net);
  const model = parts as ModelWeights;
  const groups: PlannedGroup[] = [];
  const add = async (
    name: PlannedGroup['name'],
    owned: readonly NetPart[],
    work: (device: PlanningDevice) => Promise<PlannedGroup['works']>,
  ): Promise<void> => {
    const device = new PlanningDevice(form);
    const works = await work(device);
    const parameters = owned.reduce((sum, part) => sum + (model[part] ? countNumbers(model[part].architecture) : 0), 0);
    groups.push({ name, parameters, bytes: device.bytes, works });
  };
  const { transformer, encoder, decoder, clip } = model;
  if (transformer) {
    await add('drawing', ['text_encoder', 'transformer'], (device) =>
      planDrawing(model, device, guided ? 2 * candidates : candidates, guided ? 2 : 1),
    );
  }
  const grid = transformer?.architecture.grid;
  if (decoder) await add('decoder', ['decoder'], (device) => planCoder('decode', model, device, grid));
  if (encoder) await add('encoder', ['encoder'], (device) => planCoder('encode', model, device, grid));
  if (clip) await add('clip', ['clip'], (device) => planClip(clip, device));
  return {
    parts: nets.map(({ architecture }) => ({
      part: partOf(architecture),
      architecture,
      parameters: countNumbers(architecture),
    })),
    groups,
    imageTokens: transformer ? countTokens(transformer.architecture) : 0,
    candidates,
  };
}

function countTokens(architecture: NetArchitecture): number {
  return architecture.kind === 'bart-decoder'
    ? bartTokens(architecture)
    : architecture.kind === 'transformer'
      ? imagePositions(architecture)
      : 0;
}

function countNumbers(architecture: NetArchitecture): number {
  return [...expectedNetTensors(architecture).values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
}

/** Of nets that are partly in halves, which weights are: those of products, as PyTorch's programs do it. */
function isProduct(name: string, shape: readonly number[]): boolean {
  return shape.length > 1 && !name.includes('embedding');
}

/** The weights of a checkpoint that is not there. */
function describeWeights({ architecture, dtype }: NetToPlan): Weights {
  const read = async (): Promise<Float32Array> => {
    throw new Error('a plan has no weights to read');
  };
  const tensors = new Map<string, TensorData>(
    [...expectedNetTensors(architecture)].map(([name, shape]) => {
      const isHalf = dtype === 'f16' || (dtype === 'mixed' && isProduct(name, shape));
      return [name, { shape, dtype: isHalf ? 'F16' : 'F32', read }];
    }),
  );
  return {
    architecture,
    tensors,
    byNetName: tensors,
    source: { name: 'a plan', bytes: 0, container: 'none' },
    close: async () => {},
  };
}

async function planDrawing(
  model: ModelWeights,
  device: PlanningDevice,
  batch: number,
  texts: number,
): Promise<PlannedGroup['works']> {
  const net = createTokenTransformer(model.transformer!, model, { device });
  const decoding = await net.begin(textRows(model, texts), batch);
  const prompt = device.takeWork();
  await decoding.step(new Int32Array(batch));
  const token = device.takeWork();
  decoding.dispose();
  await net.dispose();
  return { prompt, token };
}

/** Texts that any net takes: what stands at their start and end, and the first word in between. */
function textRows({ transformer, text_encoder: encoder }: ModelWeights, texts: number): Int32Array {
  if (!encoder) {
    const { architecture } = transformer!;
    return new Int32Array(texts * (architecture.kind === 'transformer' ? textPositions(architecture) : 0));
  }
  const { text_length, text_start, text_end } = encoder.architecture;
  const row = new Int32Array(text_length).fill(text_end);
  row[0] = text_start;
  return Int32Array.from({ length: texts * text_length }, (_, at) => row[at % text_length]!);
}

async function planCoder(
  work: 'decode' | 'encode',
  { encoder, decoder }: ModelWeights,
  device: PlanningDevice,
  grid: readonly [number, number] | undefined,
): Promise<PlannedGroup['works']> {
  const own = work === 'decode' ? { ...(decoder && { decoder }) } : { ...(encoder && { encoder }) };
  const coder = createPictureCoder(own, { device });
  const [height, width] = grid ?? [USUAL_SIDE / coder.patch, USUAL_SIDE / coder.patch];
  if (work === 'decode') {
    await coder.decode({ data: new Int32Array(height * width), shape: [1, height, width] });
  } else {
    const [rows, columns] = [height * coder.patch, width * coder.patch];
    const shape = [1, coder.channels, rows, columns] as const;
    await coder.encode({ data: new Float32Array(coder.channels * rows * columns), shape: [...shape] });
  }
  await coder.dispose();
  return { [work]: device.takeWork() };
}

async function planClip(weights: WeightsOf<'clip'>, device: PlanningDevice): Promise<PlannedGroup['works']> {
  const { text_length, text_vocab, image_size: side } = weights.architecture;
  const clip = new Clip(weights, tokenizerOf(text_vocab), { device });
  // A text of usual length: what stands behind the end is not computed.
  const row = new Int32Array(text_length);
  row[Math.min(15, text_length - 1)] = text_vocab - 1;
  await clip.encodeText(row);
  const clipText = device.takeWork();
  await clip.encodeImages({ data: new Float32Array(3 * side * side), shape: [1, 3, side, side] });
  return { clipText, clipPicture: device.takeWork() };
}

/** Nobody asks it for a word. */
function tokenizerOf(vocabularySize: number): Tokenizer {
  return { vocabularySize, encode: async () => [], decode: async () => '' } as unknown as Tokenizer;
}
