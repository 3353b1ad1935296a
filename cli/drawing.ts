/**
 * What `generate` and `complete` share: the drawing itself, under a progress line and a preview that grows, and the
 * report of it.
 */
import {
  DEFAULT_SAMPLING,
  candidateSeed,
  composeGrid,
  fromPixels,
  type GenerateOptions,
  type GenerateStep,
  type Picture,
  type SamplingSettings,
} from '../node.ts';
import type { DalleSession } from './dalle-session.ts';
import { nameFromText, planDrawingFiles, writeDrawing, type DrawingFiles } from './drawing-files.ts';
import { rememberNet } from './net.ts';
import { checkStdout, nameOutput } from './outputs.ts';
import { showsPictures, startPreview } from './preview.ts';
import { formatSeconds, startProgress } from './progress.ts';
import type { Recipe } from './recipe.ts';
import { readSampling, type SamplingFlags } from './sampling-flags.ts';
import { printJson, say, type Terminal } from './terminal.ts';

/** Rows of tokens between two previews. */
const previewEvery = 2;

export interface Drawing {
  readonly command: Recipe['command'];
  readonly text: string;
  readonly truncate: boolean;
  readonly settings: SamplingSettings;
  readonly files: DrawingFiles;
  readonly flags: { readonly quiet: boolean; readonly json: boolean };
}

/** A drawing that begins from a text, before the model is there to complete its settings. */
export interface PlannedDrawing extends Omit<Drawing, 'settings'> {
  /** What was typed. */
  readonly sampling: Partial<SamplingSettings>;
}

/** What was typed, beside the command and the text. */
export interface DrawingWords extends SamplingFlags {
  readonly output: string | undefined;
  readonly truncate: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}

/**
 * All that can be known, and refused, before the model is opened: settings no model takes, and files that cannot be.
 *
 * @param inputs files that must not be replaced
 * @throws UsageError as `readSampling`, `planDrawingFiles` and `checkStdout`
 */
export function planDrawing(
  command: Recipe['command'],
  text: string,
  { flags, inputs }: { readonly flags: DrawingWords; readonly inputs: readonly string[] },
  terminal: Terminal,
): PlannedDrawing {
  const sampling = readSampling(flags);
  const { count, seed } = { ...DEFAULT_SAMPLING, ...sampling };
  const output = flags.output ?? nameFromText(text, seed);
  const files = planDrawingFiles({ command, output, count, inputs });
  checkStdout(terminal, files.pictures, flags.json, command);
  return { command, text, truncate: flags.truncate, sampling, files, flags };
}

/** Begins to draw. */
export type StartDrawing = (options: GenerateOptions) => AsyncIterable<GenerateStep>;

/** Draws, writes what was drawn, and reports. */
export async function drawPictures(
  session: DalleSession,
  drawing: Drawing,
  start: StartDrawing,
  terminal: Terminal,
): Promise<void> {
  const { command, text, truncate, settings, files, flags } = drawing;
  const { last, ...measured } = await followSteps(drawing, start, terminal);
  const pictures = fromPixels(last.image!.data, last.image!.shape);
  const recipe = { command, text, truncate, settings, weights: session.weights, ...rememberNet(session.settings) };
  await writeDrawing(files, { pictures, tokens: last.tokens, recipe }, terminal);
  const { output, tokens } = files;
  const logProbabilities = [...last.logProbabilities];
  const report = { text, output, tokens, ...session.settings, settings, logProbabilities, ...measured };
  if (!flags.quiet) say(terminal, formatReport(report, pictures));
  if (flags.json) printJson(terminal, report);
}

interface Measured {
  readonly seconds: { readonly first: number; readonly all: number };
  /** Once the first was drawn. */
  readonly tokensPerSecond: number;
}

async function followSteps(
  { settings, truncate, flags }: Drawing,
  start: StartDrawing,
  terminal: Terminal,
): Promise<Measured & { readonly last: GenerateStep }> {
  const progress = startProgress(terminal, 'draw', { unit: 'tokens', quiet: flags.quiet });
  const show = startPreview(terminal, flags);
  const imageEvery = showsPictures(terminal, flags) ? previewEvery : 0;
  const began = performance.now();
  let first: { readonly step: number; readonly at: number } | undefined;
  let last: GenerateStep | undefined;
  try {
    for await (const step of start({ ...settings, truncate, imageEvery, signal: terminal.signal })) {
      first ??= { step: step.step, at: performance.now() };
      last = step;
      progress.update(step.step, step.total);
      if (!step.image) continue;
      progress.end();
      show(composeGrid(fromPixels(step.image.data, step.image.shape)));
    }
  } finally {
    progress.end();
  }
  const ended = performance.now();
  return {
    last: last!,
    seconds: { first: (first!.at - began) / 1000, all: (ended - began) / 1000 },
    tokensPerSecond: (1000 * (last!.total - first!.step)) / (ended - first!.at),
  };
}

interface Report extends Measured {
  readonly text: string;
  readonly output: string;
  readonly settings: SamplingSettings;
  readonly logProbabilities: readonly number[];
}

function formatReport(
  { text, output, settings, logProbabilities, seconds, tokensPerSecond }: Report,
  pictures: readonly Picture[],
): string {
  const { width, height } = pictures[0]!;
  const nats = Math.max(...logProbabilities);
  const seed = candidateSeed(settings.seed, logProbabilities.indexOf(nats));
  return (
    `"${text}" → ${nameOutput(output)}: ${pictures.length} × ${width} × ${height}, first token after ` +
    `${formatSeconds(seconds.first)}, then ${tokensPerSecond.toFixed(0)} tokens/s, ${formatSeconds(seconds.all)} in ` +
    `all; the transformer finds that of seed ${seed} likeliest (${nats.toFixed(1)} nats)`
  );
}
