/**
 * The report of `dalle-gl plan` in words, and what it says of memory. Bytes are of float32, as dalle-gl computes.
 */
import { countFittingLayers } from '../nets/transformer/estimate.ts';
import type { DeviceSpeed } from '../nets/transformer/measure-speed.ts';
import type { SecondsNeeded } from '../nets/transformer/estimate.ts';
import type { TransformerPlan } from '../node.ts';
import { alignColumns, formatBytes, wrapWords } from './columns.ts';
import type { DeviceKernels } from './open-device.ts';

/** Whether it fits; and what would, where it does not. */
interface MemoryJudgement {
  /** Null where the device does not tell its memory. */
  readonly fits: boolean | null;
  /** How many of its layers fit; all of them where it fits. */
  readonly layersThatFit: number | null;
  /** Whether it would fit with its weights as halves. */
  readonly fitsInHalves: boolean | null;
}

export interface PlanReport extends TransformerPlan, MemoryJudgement {
  readonly name: string;
  readonly device: string | null;
  /** Null where none could be opened: the plan is one for WebGL then. */
  readonly kind: DeviceKernels['kind'] | null;
  readonly speed: DeviceSpeed | null;
  readonly seconds: SecondsNeeded | null;
  readonly memory: number | null;
}

export function judgeMemory(plan: TransformerPlan, memory: number | null): MemoryJudgement {
  if (memory === null) return { fits: null, layersThatFit: null, fitsInHalves: null };
  const { weights, caches, textures } = plan.bytes;
  return {
    fits: weights + caches + textures <= memory,
    layersThatFit: countFittingLayers(plan, memory),
    fitsInHalves: weights / 2 + caches + textures <= memory,
  };
}

export function formatPlan(report: PlanReport): string[] {
  const { name, architecture, parameters, bytes, token, prompt } = report;
  const { depth, dim, heads, head_size, text_length, text_vocab, grid, image_vocab } = architecture;
  const words = wordsOf(report);
  const rows = [
    ['parameters', formatCount(parameters)],
    ['weights', `${formatBytes(bytes.weights)} on the device, as float32`],
    ['caches', `${formatBytes(bytes.caches)} for each picture drawn at once`],
    [words.values, `${formatBytes(bytes.textures)} at most`],
    ['a token', formatWork(token, words)],
    ['reading a text', formatWork(prompt, words)],
  ];
  return [
    `${name}: ${depth} layers of ${dim}, ${heads} heads of ${head_size}; ${text_length} text tokens of ${text_vocab}, ` +
      `${grid[0]} × ${grid[1]} image tokens of ${image_vocab}`,
    ...alignColumns(rows, 'll').map((line) => `  ${line}`),
    '',
    ...wrapWords(describeTime(report)),
    ...wrapWords(describeMemory(report)),
  ];
}

/** What a device calls what it does. A texture read is four numbers, on the CPU too. */
type Words = Readonly<Record<'values' | 'step' | 'reads', string>>;

function wordsOf({ kind }: PlanReport): Words {
  return kind === 'cpu'
    ? { values: 'other values', step: 'step', reads: 'reads of four numbers' }
    : { values: 'other textures', step: 'draw', reads: 'texture reads' };
}

function formatWork({ draws, macs, fetches }: TransformerPlan['token'], { step, reads }: Words): string {
  return `${draws} ${step}s, ${formatCount(macs)} multiply-adds, ${formatCount(fetches)} ${reads}`;
}

function describeTime(report: PlanReport): string {
  const { device, seconds, speed } = report;
  if (!seconds || !speed) return 'Time: unknown without a device that can be measured.';
  const { token, prompt, picture } = seconds;
  const { step, reads } = wordsOf(report);
  return (
    `Time on ${device}, estimated from a short measurement of it (${formatCount(speed.fetchesPerSecond)} ${reads} a ` +
    `second, ${formatCount(speed.streamedFetchesPerSecond)} from memory, ${formatDuration(speed.secondsPerDraw)} a ${step}): ` +
    `${formatDuration(prompt)} for a text, ${formatDuration(token)} a token, ${formatDuration(picture)} a picture.`
  );
}

function describeMemory({ architecture, fits, layersThatFit, fitsInHalves, memory, bytes }: PlanReport): string {
  const total = formatBytes(bytes.weights + bytes.caches + bytes.textures);
  if (memory === null) return `Memory: it needs ${total}. WebGL does not tell how much this device has.`;
  const free = `${formatBytes(memory)} are free`;
  if (fits) return `Memory: it needs ${total}, and ${free}: it fits.`;
  return (
    `Memory: it needs ${total}, and ${free}: it does not fit. ${layersThatFit} of its ${architecture.depth} layers would. ` +
    `With weights as halves, which dalle-gl does not compute transformers in yet, it ${fitsInHalves ? 'would' : 'would not either'}.`
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
  return scale ? `${roundShort(count / scale.size)} ${scale.word}` : String(count);
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
