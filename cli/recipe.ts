/**
 * A recipe: all that decides what is drawn, as a picture remembers it in its `dalle-gl` text chunk. With the same
 * weights on the same device it gives the same tokens again.
 */
import { readFile } from 'node:fs/promises';
import { FormatError } from '../errors.ts';
import { explainFileError } from '../images/node/file-error.ts';
import { parseSampling, readPngText, type KernelChoice, type Precision, type SamplingSettings } from '../node.ts';
import type { WeightHashes } from './dalle-session.ts';
import type { NetSettings } from './net.ts';

export interface Recipe extends NetSettings {
  readonly command: 'generate' | 'complete';
  readonly text: string;
  readonly truncate: boolean;
  readonly settings: SamplingSettings;
  readonly weights: WeightHashes;
}

/**
 * The recipe in a PNG that `generate` wrote.
 *
 * @throws FormatError `E_RECIPE` where there is none, or one of another command; `E_FILE_MISSING`, `E_IMAGE_CORRUPT`
 */
export async function readRecipe(path: string): Promise<Recipe> {
  const png = await readFile(path).catch((cause: unknown) => {
    throw explainFileError('readRecipe', 'read', path, cause);
  });
  const words = isPng(png) ? readPngText(png, path)['dalle-gl'] : undefined;
  if (words === undefined) throw recipeError(path, 'no recipe is in it');
  const recipe = parseRecipe(words);
  if (recipe.command !== 'generate') throw recipeError(path, 'it was not drawn by generate, but by another command');
  const { text, truncate, model, device, weights, kernels, precision = 'full' } = recipe;
  const complete = typeof text === 'string' && typeof truncate === 'boolean' && typeof model === 'string';
  if (!complete || !isKernels(kernels) || !isPrecision(precision)) throw recipeError(path, 'its recipe is not whole');
  return {
    command: 'generate',
    text,
    truncate,
    model,
    device: String(device),
    kernels,
    precision,
    settings: parseSampling(JSON.stringify(recipe.settings ?? {})),
    weights: (weights ?? {}) as WeightHashes,
  };
}

/** Throws FormatError `E_RECIPE` unless the weights are those that the picture was drawn with. */
export function checkWeights({ weights }: Recipe, now: WeightHashes, path: string): void {
  const changed = ['transformer', 'decoder', 'tokenizer'].filter((part) => String(weights[part]) !== String(now[part]));
  if (changed.length === 0) return;
  throw recipeError(
    path,
    `it was drawn with other weights than this model's: ${changed.join(', ')}. Name its model with -m`,
  );
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

function parseRecipe(words: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(words);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function recipeError(path: string, what: string): FormatError {
  return new FormatError(
    'E_RECIPE',
    `generate: ${path} cannot be repeated: ${what}. Only a PNG that dalle-gl generate wrote, not edited or converted, ` +
      'tells how it was drawn.',
  );
}
