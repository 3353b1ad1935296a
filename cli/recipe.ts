/**
 * A recipe: all that decides what is drawn, as a picture remembers it in its `dalle-gl` text chunk. With the same
 * weights on the same device it gives the same tokens again. A recipe that is read may be of anyone: nothing in it is
 * taken on trust.
 */
import { resolve } from 'node:path';
import { ContextError, DalleError, FormatError } from '../base/errors.ts';
import { parseJson } from '../base/parse-json.ts';
import { bundledModel, type Precision, type SamplingSettings } from '../node.ts';
import { isCpuChoice, isKernelChoice } from '../ops/kernel-choice.ts';
import { parseSampling } from '../nets/sampling/settings.ts';
import { readPngText } from '../images/png-text.ts';
import { readSource } from '../images/node/read.ts';
import { PART_NAMES } from '../weights-convert/model-folder/manifest.ts';
import type { Chosen } from './best-drawings.ts';
import type { WeightHashes } from './dalle-session.ts';
import type { DeviceKernels } from './open-device.ts';
import { software } from './session.ts';
import type { Terminal } from './terminal.ts';

export type Recipe = DeviceKernels & Drawn;

interface Drawn {
  readonly command: 'generate' | 'complete';
  readonly text: string;
  readonly truncate: boolean;
  readonly settings: SamplingSettings;
  readonly weights: WeightHashes;
  /** Which of them were kept, where CLIP chose. */
  readonly best?: Chosen;
  /** The driver in words. */
  readonly device: string;
  /** Of the dVAE. */
  readonly precision: Precision;
  /** The model folder; the package's own if it is left out. */
  readonly model?: string;
  /** What `model.json` says of its weights: for people, nothing of it decides what is drawn. */
  readonly licence?: string;
  readonly notice?: string;
}

const keyword = 'dalle-gl';
/** Letters of a recipe: the longest text that a tokenizer reads takes less, and no recipe of ours more. */
const maxLength = 1_000_000;
/** Letters of the names in it, of the driver and of a folder. */
const maxNameLength = 4096;

/** A recipe as the text chunks of a PNG. */
export function formatRecipe(recipe: Recipe): Readonly<Record<string, string>> {
  return {
    Software: software,
    // A text chunk ends at NUL.
    Description: recipe.text.replaceAll('\0', ' '),
    [keyword]: JSON.stringify(recipe),
  };
}

/**
 * The recipe in a PNG that `generate` wrote.
 *
 * @param input a path, an address, or `-`
 * @throws FormatError `E_RECIPE` where there is none, an edited one, or one of another command; as `readSource`
 */
export async function readRecipe(input: string, { signal, stdin }: Terminal): Promise<Recipe> {
  const png = await readSource(input, { signal, stdin });
  const words = isPng(png) ? readWords(png, input) : undefined;
  if (words === undefined) throw recipeError(input, 'no recipe is in it');
  if (words.length > maxLength)
    throw recipeError(input, `its recipe has ${words.length} letters, which none of ours has`);
  const recipe = parseRecipe(words, input);
  if (recipe.command === 'complete') {
    throw recipeError(input, 'complete drew it, and it does not hold the picture that was completed');
  }
  if (recipe.command !== 'generate') throw recipeError(input, 'it was not drawn, but made by another command');
  const { text, truncate, model, device, weights, best, precision = 'full' } = recipe;
  const kernels = readKernels(recipe);
  const isWhole = typeof text === 'string' && typeof truncate === 'boolean' && isName(device);
  const isModel = model === undefined || isName(model);
  const isKnown = isPrecision(precision) && isHashes(weights);
  if (!isWhole || !isModel || !isKnown || !kernels) throw recipeError(input, 'its recipe was edited');
  const settings = readSettings(recipe.settings, input);
  if (best !== undefined && !isChosen(best, settings)) throw recipeError(input, 'its recipe was edited');
  return {
    command: 'generate',
    text,
    truncate,
    settings,
    weights,
    ...(best !== undefined && { best }),
    device,
    ...kernels,
    precision,
    ...(model && { model }),
  };
}

/**
 * Throws FormatError `E_RECIPE` where a picture names a model folder: who repeats it says which one is opened, for a
 * picture may be of anyone, and a model folder is much to open unseen.
 */
export function checkModel({ model }: Recipe, named: string | undefined, input: string): void {
  if (named !== undefined || model === undefined || resolve(model) === bundledModel) return;
  throw new FormatError(
    'E_RECIPE',
    `generate: ${input} says that it was drawn with the model folder ${JSON.stringify(model)}, and a picture does not ` +
      'choose what is opened. If you know that folder, name it, or another of the same weights, with -m.',
  );
}

/** Throws FormatError `E_RECIPE` unless the weights are those that the picture was drawn with. */
export function checkWeights({ weights }: Recipe, now: WeightHashes, input: string): void {
  // The encoder of pictures has no say in what is drawn.
  const parts = PART_NAMES.filter((part) => part !== 'encoder');
  const changed = parts.filter((part) => weights[part]?.join() !== now[part]?.join());
  if (changed.length === 0) return;
  throw recipeError(input, `it was drawn with another ${changed.join(', ')} than this model's. Name its model with -m`);
}

/**
 * What drew a picture cannot be opened here: nothing else takes its place unasked, since the tokens might be others.
 * Any other error stays as it is.
 */
export function blameDevice(error: unknown, { kind, device }: Recipe, input: string): unknown {
  if (!(error instanceof ContextError)) return error;
  return new ContextError(
    'E_RECIPE_DEVICE',
    `generate: ${input} was drawn on ${kindNames[kind]} (${device}), which is not to be had here: ${error.message} To draw ` +
      'it on another device, name that, as in --device cpu or --device webgl: where two tokens are nearly as likely it ' +
      'may draw the other one.',
    { cause: error },
  );
}

const kindNames: Readonly<Record<Recipe['kind'], string>> = {
  webgl: 'WebGL',
  cpu: 'the CPU device',
  reference: 'the reference device',
};

/**
 * Nobody typed the text of a recipe: where it is too long, the file is at fault (`E_RECIPE`). Others stay as they are.
 */
export function blameText(error: unknown, input: string): unknown {
  if (!(error instanceof DalleError) || error.code !== 'E_TEXT_TOO_LONG') return error;
  return recipeError(input, 'its text is too long for the model', error);
}

function readSettings(settings: unknown, input: string): SamplingSettings {
  const isFlat = typeof settings === 'object' && settings !== null && Object.values(settings).every(isNumber);
  try {
    return parseSampling(isFlat ? JSON.stringify(settings) : '{}');
  } catch (error) {
    if (!(error instanceof DalleError)) throw error;
    throw recipeError(input, 'its settings were edited', error);
  }
}

/** Candidates of that drawing, each once, with their scores and what gave them. */
function isChosen(value: unknown, { count }: SamplingSettings): value is Chosen {
  if (typeof value !== 'object' || value === null) return false;
  const { kept, scores, weights } = value as Partial<Chosen>;
  if (!Array.isArray(kept) || !Array.isArray(scores) || !isHashes(weights)) return false;
  const isCandidate = (index: unknown): boolean =>
    Number.isInteger(index) && Number(index) >= 0 && Number(index) < count;
  const isList = kept.length > 0 && kept.length <= count && new Set(kept).size === kept.length;
  return isList && kept.every(isCandidate) && scores.length === kept.length && scores.every(isNumber);
}

function isPng(bytes: Uint8Array): boolean {
  return bytes[0] === 0x89 && bytes[1] === 0x50;
}

/**
 * What it was drawn with, and nothing that a device may be opened with besides. Pictures of before there were two kinds
 * of devices name none: WebGL drew them, or the reference, which has no kernels. The first of them name targets and
 * fetch only: they were drawn with what is still the default.
 */
function readKernels({ kind, kernels: given }: Readonly<Record<string, unknown>>): DeviceKernels | undefined {
  if (given === null)
    return kind === 'reference' || kind === undefined ? { kind: 'reference', kernels: given } : undefined;
  if (kind === 'cpu' && isCpuChoice(given)) {
    const { multiplyAdd, without } = given;
    return { kind, kernels: { multiplyAdd, without } };
  }
  const completed: unknown = { block: 'strip', without: [], ...(given as object | undefined) };
  if ((kind !== 'webgl' && kind !== undefined) || !isKernelChoice(completed)) return undefined;
  const { targets, fetch, block, without } = completed;
  return { kind: 'webgl', kernels: { targets, fetch, block, without } };
}

function isPrecision(value: unknown): value is Precision {
  return value === 'full' || value === 'half';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxNameLength;
}

function isHashes(value: unknown): value is WeightHashes {
  const lists = typeof value === 'object' && value !== null ? Object.values(value) : [undefined];
  return lists.every((list) => Array.isArray(list) && list.every(isHash));
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function readWords(png: Uint8Array, input: string): string | undefined {
  try {
    return readPngText(png, input)[keyword];
  } catch (error) {
    if (!(error instanceof DalleError) || error.code !== 'E_PNG_TEXT') throw error;
    throw recipeError(input, 'it holds more text than any of ours', error);
  }
}

function parseRecipe(words: string, input: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseJson(words);
  } catch (error) {
    throw recipeError(input, 'its recipe is damaged, or made to waste time', error);
  }
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function recipeError(input: string, what: string, cause?: unknown): FormatError {
  return new FormatError(
    'E_RECIPE',
    `generate: ${input} cannot be repeated: ${what}. Only a PNG that dalle-gl generate wrote, not edited or converted, ` +
      'tells how it was drawn.',
    { cause },
  );
}
