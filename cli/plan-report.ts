/**
 * The report of `dalle-gl plan`: what a model takes of memory and time, in numbers and in words.
 */
import { sizeOf } from '../engine/index.ts';
import { estimateWork, type ModelPlan, type NetToPlan, type PlannedGroup, type WorkName } from '../load/plan-model.ts';
import type { PlannedWork } from '../load/planning-device.ts';
import type { DeviceSpeed } from '../nets/transformer/measure-speed.ts';
import { describeArchitecture, expectedNetTensors, partOf } from '../nets/net-kinds.ts';
import { alignColumns, formatBytes, REPORT_WIDTH, wrapWords } from './columns.ts';
import type { DeviceKernels } from './open-device.ts';

export interface MeasuredDevice {
  /** In words; null where none could be opened. */
  readonly device: string | null;
  readonly kind: DeviceKernels['kind'] | null;
  readonly speed: DeviceSpeed | null;
  /** Bytes that are free for it; null where nobody tells. */
  readonly memory: number | null;
}

/** Bytes on the device: `other` is the most that all else takes at once. */
interface TotalBytes {
  readonly weights: number;
  readonly caches: number;
  readonly other: number;
}

/** Whether it fits; and what would, where it does not. */
interface MemoryJudgement {
  /** Null where the device does not tell its memory. */
  readonly fits: boolean | null;
  /** How many layers of what draws fit; all of them where it fits. Null where nothing draws. */
  readonly layersThatFit: number | null;
  /** Whether it would fit with its weights as halves. */
  readonly fitsInHalves: boolean | null;
}

type Seconds = { readonly [Name in WorkName]?: number } & {
  /** All tokens of the candidates, the text read before, and one picture of them. */
  readonly picture?: number;
};

interface Planned extends ModelPlan, MeasuredDevice {
  readonly name: string;
  readonly guided: boolean;
}

interface PlanReport extends Planned, MemoryJudgement {
  readonly parameters: number;
  /** Whether a net of it has its weights as halves. */
  readonly hasHalves: boolean;
  /** Of what draws pictures for a text; of a model without that, of all its nets. */
  readonly bytes: TotalBytes;
  readonly works: { readonly [Name in WorkName]?: PlannedWork };
  readonly seconds: Seconds | null;
}

export function makeReport(planned: Planned, nets: readonly NetToPlan[]): PlanReport {
  const { groups, parts, speed, memory, imageTokens } = planned;
  const bytes = addBytes(groups.filter(isNeeded(groups)));
  const works = Object.assign({}, ...groups.map((group) => group.works)) as PlanReport['works'];
  const timed = speed && mapValues(works, (work) => estimateWork(work, speed));
  const { prompt, token, decode = 0 } = timed ?? {};
  const isDrawn = prompt !== undefined && token !== undefined;
  return {
    ...planned,
    parameters: parts.reduce((sum, part) => sum + part.parameters, 0),
    hasHalves: nets.some(({ dtype }) => dtype !== 'f32'),
    bytes,
    works,
    seconds: timed && { ...timed, ...(isDrawn && { picture: prompt + (imageTokens - 1) * token + decode }) },
    ...judgeMemory(bytes, memory, nets),
  };
}

/** What draws for a text needs no encoder of pictures and no CLIP. */
function isNeeded(groups: readonly PlannedGroup[]): (group: PlannedGroup) => boolean {
  const draws = groups.some(({ name }) => name === 'drawing');
  return ({ name }) => !draws || name === 'drawing' || name === 'decoder';
}

/** Runs come one after another, so that they share what is left when they end. */
function addBytes(groups: readonly PlannedGroup[]): TotalBytes {
  return {
    weights: groups.reduce((sum, { bytes }) => sum + bytes.weights, 0),
    caches: groups.reduce((sum, { bytes }) => sum + bytes.states, 0),
    other: Math.max(0, ...groups.map(({ bytes }) => bytes.other)),
  };
}

function judgeMemory(bytes: TotalBytes, memory: number | null, nets: readonly NetToPlan[]): MemoryJudgement {
  const drawing = nets.find(({ architecture }) => partOf(architecture) === 'transformer');
  if (memory === null) return { fits: null, layersThatFit: null, fitsInHalves: null };
  const total = bytes.weights + bytes.caches + bytes.other;
  const saved = nets.reduce((sum, net) => sum + (net.dtype === 'f32' ? 2 * countTableNumbers(net) : 0), 0);
  return {
    fits: total <= memory,
    layersThatFit: drawing ? countFittingLayers(drawing, bytes, memory) : null,
    fitsInHalves: total - saved <= memory,
  };
}

/** Numbers of what a device keeps as halves: tables, and the weights of products. */
function countTableNumbers({ architecture }: NetToPlan): number {
  const shapes = [...expectedNetTensors(architecture).values()];
  return shapes.reduce((sum, shape) => sum + (shape.length === 2 ? sizeOf(shape) : 0), 0);
}

/** 0 if not even one does. */
function countFittingLayers({ architecture, dtype }: NetToPlan, bytes: TotalBytes, memory: number): number {
  const depth = 'depth' in architecture ? architecture.depth : 1;
  const numbers = [...expectedNetTensors(architecture)]
    .filter(([name]) => name.startsWith('layers.') || name.startsWith('blocks.') || name.includes('.layers.'))
    .reduce((sum, [, shape]) => sum + sizeOf(shape), 0);
  const perLayer = ((dtype === 'f16' ? 2 : 4) * numbers + bytes.caches) / depth;
  const rest = bytes.weights + bytes.caches + bytes.other - depth * perLayer;
  return Math.max(0, Math.min(depth, Math.floor((memory - rest) / perLayer)));
}

function mapValues<Name extends string, From, To>(
  values: { readonly [Key in Name]?: From },
  change: (value: From) => To,
): { [Key in Name]?: To } {
  const entries = Object.entries(values) as [Name, From][];
  return Object.fromEntries(entries.map(([name, value]) => [name, change(value)])) as { [Key in Name]?: To };
}

export function formatPlan(report: PlanReport): string[] {
  const { name, parts, groups, parameters, bytes } = report;
  const words = wordsOf(report);
  const nets = parts.map((part) => `${part.part}: ${describeArchitecture(part.architecture)}`);
  const rows = [
    ['parameters', formatCount(parameters)],
    ['weights', `${formatBytes(bytes.weights)} on the device${describeForm(report)}${listExtra(groups)}`],
    ...(bytes.caches > 0 ? [['caches', `${formatBytes(bytes.caches)} for ${describeCandidates(report)}`]] : []),
    [words.values, `${formatBytes(bytes.other)} at most`],
    ...(Object.entries(report.works) as [WorkName, PlannedWork][]).map(([work, done]) => [
      WORK_WORDS[work],
      formatWork(done, words),
    ]),
  ];
  return [
    `${name}:`,
    ...nets.flatMap((line) => wrapWords(line, REPORT_WIDTH - 2)).map((line) => `  ${line}`),
    ...alignColumns(rows, 'll').map((line) => `  ${line}`),
    '',
    ...wrapWords(describeTime(report)),
    ...wrapWords(describeMemory(report)),
  ];
}

const WORK_WORDS: Readonly<Record<WorkName, string>> = {
  prompt: 'reading a text',
  token: 'a token',
  decode: 'tokens → picture',
  encode: 'picture → tokens',
  clipText: 'CLIP: a text',
  clipPicture: 'CLIP: a picture',
};

/** Bytes are of what is computed with: convolutions of 3×3 by Winograd's method have four times the file's numbers. */
function describeForm({ hasHalves, groups }: PlanReport): string {
  const isLarger = groups.some(({ parameters, bytes }) => bytes.weights > 5 * parameters);
  return (hasHalves ? ', halves as halves' : '') + (isLarger ? ', convolutions in a larger form that is faster' : '');
}

/** What drawing for a text does not need. */
function listExtra(groups: readonly PlannedGroup[]): string {
  const needed = isNeeded(groups);
  const extra = groups.filter((group) => !needed(group));
  return extra.map(({ name, bytes }) => `; ${formatBytes(bytes.weights)} more where the ${name} is used`).join('');
}

function describeCandidates({ candidates, guided }: PlanReport): string {
  const many = candidates === 1 ? 'a picture' : `${candidates} pictures drawn together`;
  return guided ? `${many}, and as many for guidance` : many;
}

/** What a device calls what it does. A texture read is four numbers, on the CPU too. */
type Words = Readonly<Record<'values' | 'step' | 'reads', string>>;

function wordsOf({ kind }: PlanReport): Words {
  return kind === 'cpu'
    ? { values: 'other values', step: 'step', reads: 'reads of four numbers' }
    : { values: 'other textures', step: 'draw', reads: 'texture reads' };
}

function formatWork({ draws, macs, fetches }: PlannedWork, { step, reads }: Words): string {
  return `${draws} ${step}s, ${formatCount(macs)} multiply-adds, ${formatCount(fetches)} ${reads}`;
}

function describeTime(report: PlanReport): string {
  const { device, seconds, speed } = report;
  if (!seconds || !speed) return 'Time: unknown without a device that can be measured.';
  const { step, reads } = wordsOf(report);
  const { picture, ...works } = seconds;
  const times = (Object.entries(works) as [WorkName, number][]).map(
    ([work, time]) => `${WORK_WORDS[work]} ${formatDuration(time)}`,
  );
  const many = report.candidates === 1 ? 'a picture' : `the tokens of ${report.candidates} pictures, and one of them`;
  return (
    `Time on ${device}, estimated from a short measurement of it (${formatCount(speed.fetchesPerSecond)} ${reads} a ` +
    `second, ${formatCount(speed.streamedFetchesPerSecond)} from memory, ${formatCount(speed.macsPerSecond)} ` +
    `multiply-adds of many rows, ${formatDuration(speed.secondsPerDraw)} a ${step}): ${times.join(', ')}` +
    `${picture === undefined ? '' : `; ${formatDuration(picture)} ${many}`}.`
  );
}

function describeMemory({ parts, fits, layersThatFit, fitsInHalves, memory, bytes }: PlanReport): string {
  const sum = bytes.weights + bytes.caches + bytes.other;
  const total = `${formatBytes(sum)} (${Math.round(sum)} bytes)`;
  if (memory === null) return `Memory: it needs ${total}. WebGL does not tell how much this device has.`;
  const free = `${formatBytes(memory)} are free`;
  if (fits) return `Memory: it needs ${total}, and ${free}: it fits.`;
  const depth = parts.flatMap(({ part, architecture }) =>
    part === 'transformer' && 'depth' in architecture ? [architecture.depth] : [],
  );
  const layers = layersThatFit === null ? '' : ` ${layersThatFit} of its ${depth[0]} layers would.`;
  return (
    `Memory: it needs ${total}, and ${free}: it does not fit.${layers} ` +
    `With all its weights as halves it ${fitsInHalves ? 'would' : 'would not either'}.`
  );
}

const scales = [
  { size: 1e12, word: 'trillion' },
  { size: 1e9, word: 'billion' },
  { size: 1e6, word: 'million' },
  { size: 1e3, word: 'thousand' },
] as const;

/** `3.1 trillion`, `12 billion`, `926 thousand`, `450`. */
function formatCount(count: number): string {
  const scale = scales.find(({ size }) => count >= size);
  return scale ? `${roundShort(count / scale.size)} ${scale.word}` : String(Math.round(count));
}

/** Two digits at least: `4.7`, `12`, `926`. */
function roundShort(value: number): string {
  return value >= 10 ? String(Math.round(value)) : value.toPrecision(2);
}

function formatDuration(seconds: number): string {
  if (seconds < 1e-3) return `${roundShort(seconds * 1e6)} µs`;
  if (seconds < 1) return `${roundShort(seconds * 1e3)} ms`;
  if (seconds < 120) return `${roundShort(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
