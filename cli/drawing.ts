/**
 * What `generate` and `complete` share: the flags of sampling, the drawing itself under a progress line and a preview
 * that grows, and the files it leaves: a grid, or a folder of pictures, with the tokens beside them.
 */
import { extname, join } from 'node:path';
import { UsageError } from '../errors.ts';
import {
  composeGrid,
  detectGraphics,
  fromPixels,
  renderPreview,
  savePng,
  writeOutput,
  type GenerateStep,
  type Picture,
  type SamplingSettings,
} from '../node.ts';
import { writeNpy } from '../weights-convert/npy.ts';
import type { Option, Switch } from './arguments.ts';
import { software, type DalleSession } from './dalle-session.ts';
import { nameOutput, writeIntoFolder } from './outputs.ts';
import { formatSeconds, startProgress } from './progress.ts';
import type { Recipe } from './recipe.ts';
import { printJson, say, type Terminal } from './terminal.ts';

export const drawingFlags: {
  readonly output: Option<string>;
  readonly count: Option<number>;
  readonly seed: Option<number>;
  readonly temperature: Option<number>;
  readonly topK: Option<number>;
  readonly topP: Option<number>;
  readonly guidance: Option<number>;
  readonly truncate: Switch;
} = {
  output: {
    short: 'o',
    value: 'FILE|DIR',
    help: 'a .png (a grid; tokens go beside it), a folder (a picture each), or - [<text>-<seed>.png]',
    parse: String,
  },
  count: { short: 'n', value: 'N', help: 'pictures to draw [4]', parse: parseNumber },
  seed: { value: 'N', help: 'picture i is drawn with seed N + i [1]', parse: parseNumber },
  temperature: {
    value: 'T',
    help: 'below 1 the likely becomes likelier [1, or what the model says]',
    parse: parseNumber,
  },
  topK: {
    value: 'K',
    help: 'draw from the K likeliest tokens; 1 is greedy [all, or what the model says]',
    parse: parseNumber,
  },
  topP: {
    value: 'P',
    help: 'draw from the likeliest tokens that have this share of the probability [1]',
    parse: parseNumber,
  },
  guidance: { value: 'S', help: 'follow the text this much beyond what the model says [1]', parse: parseNumber },
  truncate: { help: 'cut a text that is too long' },
};

/** What was typed of the settings; those left out are the model's, or the general ones. */
export type SamplingFlags = { readonly [Name in keyof SamplingSettings]-?: number | undefined };

export function readSampling({
  count,
  seed,
  temperature,
  topK,
  topP,
  guidance,
}: SamplingFlags): Partial<SamplingSettings> {
  const given = Object.entries({ count, seed, temperature, topK, topP, guidance });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new Error('a number');
}

/** Where pictures and tokens go. */
export interface DrawingOutput {
  readonly kind: 'grid' | 'folder' | 'stdout';
  readonly path: string;
}

/** Throws UsageError `E_OUTPUT_NAME` for a file that is no .png. */
export function planDrawingOutput(command: string, output: string | undefined, fallback: string): DrawingOutput {
  const path = output ?? fallback;
  if (path === '-') return { kind: 'stdout', path };
  const extension = path.endsWith('/') ? '' : extname(path).toLowerCase();
  if (extension === '.png') return { kind: 'grid', path };
  if (extension === '') return { kind: 'folder', path };
  throw new UsageError(
    'E_OUTPUT_NAME',
    `${command}: -o ${path} does not end in .png, which is all it writes. Name such a file, or a folder without an extension.`,
  );
}

/** A name for the pictures of a text: `a-red-heart-7.png`. */
export function nameFromText(text: string, seed: number): string {
  const slug = text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .slice(0, 40)
    .replaceAll(/^-|-$/g, '');
  return `${slug || 'picture'}-${seed}.png`;
}

export interface DrawRequest {
  readonly session: DalleSession;
  readonly steps: AsyncIterable<GenerateStep>;
  readonly recipe: Recipe;
  readonly output: DrawingOutput;
  readonly flags: { readonly quiet: boolean; readonly json: boolean };
}

/** Draws, writes what was drawn, and reports. */
export async function drawPictures(request: DrawRequest, terminal: Terminal): Promise<void> {
  const { session, recipe, output, flags } = request;
  const { last, seconds } = await followSteps(request, terminal);
  const pictures = fromPixels(last.image!.data, last.image!.shape);
  const files = await writePictures(pictures, last, recipe, output, terminal);
  const rate = last.total / seconds.draw;
  const logProbabilities = [...last.logProbabilities];
  if (!flags.quiet) {
    const { width, height } = pictures[0]!;
    const best = logProbabilities.indexOf(Math.max(...logProbabilities));
    say(
      terminal,
      `"${recipe.text}" → ${nameOutput(output.path)}: ${pictures.length} × ${width} × ${height}, ` +
        `${rate.toFixed(0)} tokens/s, first token after ${formatSeconds(seconds.first)}, ` +
        `${formatSeconds(seconds.draw)} in all; likeliest is number ${best} (${logProbabilities[best]!.toFixed(1)} nats)`,
    );
  }
  if (!flags.json) return;
  const { text, settings } = recipe;
  printJson(terminal, {
    text,
    ...files,
    ...session.settings,
    settings,
    logProbabilities,
    seconds,
    tokensPerSecond: rate,
  });
}

interface Followed {
  readonly last: GenerateStep;
  readonly seconds: { readonly first: number; readonly draw: number };
}

/** Rows of tokens between two previews. */
export const previewEvery = 2;

async function followSteps({ steps, flags }: DrawRequest, terminal: Terminal): Promise<Followed> {
  const progress = startProgress(terminal, 'draw', { unit: 'tokens', quiet: flags.quiet });
  const preview = startPreview(terminal, flags);
  const start = performance.now();
  let first: number | undefined;
  let last: GenerateStep | undefined;
  try {
    for await (const step of steps) {
      first ??= performance.now() - start;
      last = step;
      progress.update(step.step, step.total);
      if (!step.image) continue;
      progress.end();
      preview(composeGrid(fromPixels(step.image.data, step.image.shape)));
    }
  } finally {
    progress.end();
  }
  return { last: last!, seconds: { first: first! / 1000, draw: (performance.now() - start) / 1000 } };
}

/** Whether pictures are shown while they grow. */
export function showsPreview({ stdout, env }: Terminal, { quiet, json }: { quiet: boolean; json: boolean }): boolean {
  return Boolean(stdout.isTTY) && !quiet && !json && detectGraphics(env) !== 'none';
}

/** Each picture is drawn over the one before: the cursor goes back up as many lines as that one took. */
function startPreview(terminal: Terminal, flags: { quiet: boolean; json: boolean }): (picture: Picture) => void {
  if (!showsPreview(terminal, flags)) return () => {};
  const { stdout, env } = terminal;
  const columns = Math.min(64, stdout.columns || 64);
  let shown = false;
  return (picture) => {
    stdout.write(shown ? '\x1b8' : '\x1b7'); // back to where the first began, or remember it
    shown = true;
    stdout.write(renderPreview(picture, columns, detectGraphics(env)));
  };
}

/** The pictures, and all tokens as int32 [n, H, W]. */
async function writePictures(
  pictures: readonly Picture[],
  { tokens }: GenerateStep,
  recipe: Recipe,
  { kind, path }: DrawingOutput,
  terminal: Terminal,
): Promise<{ output: string; tokens?: string }> {
  const text = (changes: Partial<Recipe['settings']> = {}): Record<string, string> => ({
    Software: software,
    Description: recipe.text.replaceAll('\0', ' '),
    'dalle-gl': JSON.stringify({ ...recipe, settings: { ...recipe.settings, ...changes } }),
  });
  const writeTokens = (name: string): Promise<void> =>
    writeOutput(name, [writeNpy({ dtype: 'int32', shape: tokens.shape, data: tokens.data })], terminal);
  if (kind === 'folder') {
    for (const [i, picture] of pictures.entries()) {
      const file = join(path, `${String(i).padStart(3, '0')}.png`);
      const own = text({ count: 1, seed: (recipe.settings.seed + i) % 2 ** 32 });
      await writeIntoFolder(file, () => savePng(file, picture, { ...terminal, text: own }));
    }
    await writeTokens(join(path, 'tokens.npy'));
    return { output: path, tokens: join(path, 'tokens.npy') };
  }
  await writeIntoFolder(path, () => savePng(path, composeGrid(pictures), { ...terminal, text: text() }));
  if (kind === 'stdout') return { output: path };
  const beside = path.replace(/\.png$/i, '.tokens.npy');
  await writeTokens(beside);
  return { output: path, tokens: beside };
}
