/**
 * A recipe: all that decides what is drawn, as a picture remembers it in its `dalle-gl` text chunk. With the same
 * weights on the same device it gives the same tokens again. A recipe that is read may be of anyone: nothing in it is
 * taken on trust.
 */
import { DalleError, FormatError } from '../errors.ts';
import {
  bundledModel,
  parseSampling,
  readPngText,
  readSource,
  type KernelChoice,
  type Precision,
  type SamplingSettings,
} from '../node.ts';
import { readModelManifest } from '../weights-convert/node/open-model-folder.ts';
import { hashWeights, type WeightHashes } from './dalle-session.ts';
import { software, type NetSettings } from './net.ts';
import type { Terminal } from './terminal.ts';

export interface Recipe extends NetSettings {
  readonly command: 'generate' | 'complete';
  readonly text: string;
  readonly truncate: boolean;
  readonly settings: SamplingSettings;
  readonly weights: WeightHashes;
}

const keyword = 'dalle-gl';

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
  const words = isPng(png) ? readPngText(png, input)[keyword] : undefined;
  if (words === undefined) throw recipeError(input, 'no recipe is in it');
  const recipe = parseObject(words);
  if (recipe.command === 'complete') {
    throw recipeError(input, 'complete drew it, and it does not hold the picture that was completed');
  }
  if (recipe.command !== 'generate') throw recipeError(input, 'it was not drawn, but made by another command');
  const { text, truncate, model, device, weights, kernels, precision = 'full' } = recipe;
  const isWhole = typeof text === 'string' && typeof truncate === 'boolean' && typeof model === 'string';
  const isKnown = isKernels(kernels) && isPrecision(precision) && isHashes(weights);
  if (!isWhole || !isKnown) throw recipeError(input, 'its recipe was edited');
  const settings = readSettings(recipe.settings, input);
  const made = { device: String(device), kernels, precision, model };
  return { command: 'generate', text, truncate, settings, weights, ...made };
}

/** The folder that a recipe's weights are in: the package's own wherever it is now, if it has them. */
export async function findModel({ weights, model }: Recipe): Promise<string> {
  const bundled = hashWeights(await readModelManifest(bundledModel));
  return listChanged(weights, bundled).length === 0 ? bundledModel : model;
}

/** Throws FormatError `E_RECIPE` unless the weights are those that the picture was drawn with. */
export function checkWeights({ weights }: Recipe, now: WeightHashes, input: string): void {
  const changed = listChanged(weights, now);
  if (changed.length === 0) return;
  throw recipeError(input, `it was drawn with another ${changed.join(', ')} than this model's. Name its model with -m`);
}

/** The encoder has no say in what is drawn. */
function listChanged(a: WeightHashes, b: WeightHashes): string[] {
  return ['transformer', 'decoder', 'tokenizer'].filter((part) => a[part]?.join() !== b[part]?.join());
}

function readSettings(settings: unknown, input: string): SamplingSettings {
  try {
    return parseSampling(JSON.stringify(settings ?? {}));
  } catch (error) {
    if (!(error instanceof DalleError)) throw error;
    throw recipeError(input, 'its settings were edited', error);
  }
}

function isPng(bytes: Uint8Array): boolean {
  return bytes[0] === 0x89 && bytes[1] === 0x50;
}

function isKernels(value: unknown): value is KernelChoice | null {
  if (value === null) return true;
  const { targets, fetch } = (value ?? {}) as Partial<KernelChoice>;
  return [1, 2, 4, 8].includes(targets!) && (fetch === 'texelFetch' || fetch === 'textureLod');
}

function isPrecision(value: unknown): value is Precision {
  return value === 'full' || value === 'half';
}

function isHashes(value: unknown): value is WeightHashes {
  const lists = typeof value === 'object' && value !== null ? Object.values(value) : [undefined];
  return lists.every((list) => Array.isArray(list) && list.every((hash) => typeof hash === 'string'));
}

function parseObject(words: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(words);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function recipeError(input: string, what: string, cause?: unknown): FormatError {
  return new FormatError(
    'E_RECIPE',
    `generate: ${input} cannot be repeated: ${what}. Only a PNG that dalle-gl generate wrote, not edited or converted, ` +
      'tells how it was drawn.',
    { cause },
  );
}
