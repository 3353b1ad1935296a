/**
 * What `generate` and `complete` share: the drawing itself, under a progress line and a preview that grows, and the
 * report of it.
 */
import { join } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { candidateSeed, chooseSeed } from '../nets/sampling/random.ts';
import {
  composeGrid,
  fromPixels,
  type GenerateOptions,
  type GenerateStep,
  type Picture,
  type SamplingSettings,
} from '../node.ts';
import { countKept, takeCandidates, type BestFlags, type Chooser, type Chosen } from './best-drawings.ts';
import { shortenMiddle } from './columns.ts';
import type { DalleSession } from './dalle-session.ts';
import { planDrawingFiles, writeDrawing, type DrawingFiles } from './drawing-files.ts';
import { nameTexts } from './name-texts.ts';
import { rememberNet, type NetSettings } from './session.ts';
import { checkClashes, checkStdout, kindOf, nameOutput } from './outputs.ts';
import { showsPictures, startPreview } from './preview.ts';
import { formatSeconds, startProgress } from './progress.ts';
import type { Recipe } from './recipe.ts';
import { readSampling, type SamplingFlags } from './sampling-flags.ts';
import { say, type Terminal } from './terminal.ts';

/** Rows of tokens between two previews. */
const previewEvery = 2;

/** A text and where its pictures go. */
export interface Drawing {
  readonly text: string;
  readonly files: DrawingFiles;
}

/** What all drawings of a call share. */
interface DrawingManner {
  readonly command: Recipe['command'];
  readonly truncate: boolean;
  readonly settings: SamplingSettings;
  /** Whether nobody named the seed. */
  readonly isRandom: boolean;
  readonly flags: { readonly quiet: boolean; readonly json: boolean };
  /** What chooses the best of them [all are kept]. */
  readonly chooser?: Chooser | undefined;
  /** How those were chosen that are drawn again. */
  readonly chosen?: Chosen | undefined;
}

/** Drawings that begin from texts, before the model is there to complete their settings. */
interface DrawingPlan {
  readonly drawings: readonly Drawing[];
  readonly manner: Omit<DrawingManner, 'settings'>;
  /** What was typed, and the seed. */
  readonly sampling: Partial<SamplingSettings>;
}

/** What was typed, beside the command and the texts. */
interface DrawingWords extends SamplingFlags, Partial<BestFlags> {
  readonly output: string | undefined;
  readonly truncate: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}

/**
 * All that can be known, and refused, before the model is opened: files that cannot be. Of several texts each has its
 * own grid, called after text and seed, here or in the folder of `-o`.
 *
 * @param inputs files that must not be replaced
 * @throws UsageError as `planDrawingFiles` and `checkStdout`; `E_OUTPUT_NAME` for several texts and one file
 */
export function planDrawings(
  command: Recipe['command'],
  texts: readonly string[],
  { flags, inputs }: { readonly flags: DrawingWords; readonly inputs: readonly string[] },
  terminal: Terminal,
): DrawingPlan {
  const { seed = chooseSeed(), ...typed } = readSampling(flags);
  const { best, clip } = flags;
  const count = countKept({ best, clip, ...typed });
  const outputs = nameOutputs(command, texts, seed, flags.output);
  const drawings = texts.map((text, i) => {
    return { text, files: planDrawingFiles({ command, output: outputs[i]!, count, inputs }) };
  });
  const pictures = drawings.flatMap(({ files }) => files.pictures);
  checkClashes([...pictures], inputs, command);
  checkStdout(terminal, pictures, flags.json, command);
  const manner = { command, truncate: flags.truncate, isRandom: flags.seed === undefined, flags };
  return { drawings, manner, sampling: { ...typed, seed } };
}

function nameOutputs(command: string, texts: readonly string[], seed: number, output: string | undefined): string[] {
  const names = nameTexts(texts, seed);
  if (output === undefined) return names;
  if (texts.length === 1) return [output];
  if (output !== '-' && kindOf(output) === 'folder') return names.map((name) => join(output, name));
  throw new UsageError(
    'E_OUTPUT_NAME',
    `${command}: the pictures of ${texts.length} texts do not fit into ${output === '-' ? 'standard output' : `the one file ${output}`}. ` +
      'Name a folder, as in -o out/. One text of several words stands in quotes.',
  );
}

/** Begins to draw. */
export type StartDrawing = (options: GenerateOptions) => AsyncIterable<GenerateStep>;

/** What is told of a drawing with `--json`. */
export type DrawingReport = NetSettings & Measured & Drawn;

interface Drawn {
  readonly text: string;
  readonly output: string;
  /** The file of tokens, where there is one. */
  readonly tokens: string | undefined;
  readonly settings: SamplingSettings;
  /** Which were kept, where CLIP chose; the scores of all that were drawn, in the order they were drawn. */
  readonly best?: Chosen & { readonly all?: readonly number[] };
  /** Of those that are kept. */
  readonly logProbabilities: readonly number[];
}

/**
 * Draws, writes what was drawn, and reports.
 *
 * @param label before the progress: `draw`
 */
export async function drawPictures(
  session: DalleSession,
  manner: DrawingManner,
  { text, files }: Drawing,
  start: StartDrawing,
  terminal: Terminal,
  label = 'draw',
): Promise<DrawingReport> {
  const { command, truncate, settings, flags } = manner;
  const { last, ...measured } = await followSteps(manner, start, terminal, label);
  const drawn = fromPixels(last.image!.data, last.image!.shape);
  const choice = await manner.chooser?.choose(text, drawn);
  const best = choice?.best ?? manner.chosen;
  const kept = choice?.best.kept ?? drawn.map((_, index) => index);
  const { weights, terms } = session;
  const remembered = { weights, ...(best && { best }) };
  const recipe = { command, text, truncate, settings, ...remembered, ...rememberNet(session.settings), ...terms };
  const pictures = kept.map((index) => drawn[index]!);
  await writeDrawing(files, { pictures, tokens: takeCandidates(last.tokens, kept), recipe }, terminal);
  const { output, tokens } = files;
  const logProbabilities = kept.map((index) => last.logProbabilities[index]!);
  const chosen = best && { best: { ...best, ...(choice && { all: choice.all }) } };
  const report = { text, output, tokens, ...session.settings, settings, ...chosen, logProbabilities, ...measured };
  if (!flags.quiet) say(terminal, formatReport(report, pictures, manner.isRandom));
  return report;
}

interface Measured {
  readonly seconds: { readonly first: number; readonly all: number };
  /** Once the first was drawn. */
  readonly tokensPerSecond: number;
}

async function followSteps(
  { settings, truncate, flags }: DrawingManner,
  start: StartDrawing,
  terminal: Terminal,
  label: string,
): Promise<Measured & { readonly last: GenerateStep }> {
  const progress = startProgress(terminal, label, { unit: 'tokens', quiet: flags.quiet });
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

function formatReport(
  { text, output, settings, best, logProbabilities, seconds, tokensPerSecond }: DrawingReport,
  pictures: readonly Picture[],
  isRandom: boolean,
): string {
  const { width, height } = pictures[0]!;
  const nats = Math.max(...logProbabilities);
  const place = logProbabilities.indexOf(nats);
  const likeliest = candidateSeed(settings.seed, best ? best.kept[place]! : place);
  return (
    `"${shortenMiddle(text, 100)}" → ${nameOutput(output)}: ${pictures.length} × ${width} × ${height}, first token ` +
    `after ${formatSeconds(seconds.first)}, then ${tokensPerSecond.toFixed(0)} tokens/s, ` +
    `${formatSeconds(seconds.all)} in all, seed ${settings.seed}${isRandom ? ' (random)' : ''}; the transformer finds ` +
    `that of seed ${likeliest} likeliest (${nats.toFixed(1)} nats)${best ? formatBest(best, settings) : ''}`
  );
}

/** Which were kept, by seed and score. */
function formatBest({ kept, scores }: Chosen, { seed, count }: SamplingSettings): string {
  const listed = kept.map((index, place) => `seed ${candidateSeed(seed, index)} (${scores[place]!.toFixed(4)})`);
  return `; the best ${kept.length} of ${count} by CLIP: ${listed.slice(0, 8).join(', ')}${kept.length > 8 ? ', …' : ''}`;
}
