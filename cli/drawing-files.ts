/**
 * The files of a drawing: all pictures as a grid in one .png with their tokens beside it, or a folder with a .png for
 * each and tokens.npy, or a grid alone on standard output. All of them or none are written.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { candidateSeed, composeGrid, savePng, writeOutput, type Picture, type TokenGrid } from '../node.ts';
import { writeNpy } from '../weights-convert/npy.ts';
import { checkClashes, kindOf, outputNameError, writeIntoFolder } from './outputs.ts';
import { formatRecipe, type Recipe } from './recipe.ts';
import type { Terminal } from './terminal.ts';

export interface DrawingFiles {
  /** What was named: a file, a folder, or `-`. */
  readonly output: string;
  /** One file for them all, or one for each. */
  readonly pictures: readonly string[];
  readonly isGrid: boolean;
  /** Standard output and devices take no second file. */
  readonly tokens: string | undefined;
}

export interface DrawingNames {
  readonly command: string;
  /** What was typed after `-o`, else a name for the grid. */
  readonly output: string;
  readonly count: number;
  /** Files that must not be replaced. */
  readonly inputs: readonly string[];
}

/** Throws UsageError `E_OUTPUT_NAME` for a file that is no .png, `E_OUTPUT_CLASH`. */
export function planDrawingFiles({ command, output, count, inputs }: DrawingNames): DrawingFiles {
  const kind = output === '-' ? 'device' : kindOf(output);
  if (kind === 'device') return { output, pictures: [output], isGrid: true, tokens: undefined };
  if (kind === 'file' && !/\.png$/i.test(output)) throw outputNameError(command, output, ['.png']);
  const isGrid = kind === 'file';
  const numbered = Array.from({ length: count }, (_, i) => join(output, `${String(i).padStart(3, '0')}.png`));
  const pictures = isGrid ? [output] : numbered;
  const tokens = isGrid ? output.replace(/\.png$/i, '.tokens.npy') : join(output, 'tokens.npy');
  checkClashes([...pictures, tokens], inputs, command);
  return { output, pictures, isGrid, tokens };
}

/**
 * Writes pictures, each with the recipe that draws it again, and all tokens as int32 [n, H, W].
 *
 * @throws as writeOutput; what had been written is removed
 */
export async function writeDrawing(
  files: DrawingFiles,
  { pictures, tokens, recipe }: { pictures: readonly Picture[]; tokens: TokenGrid; recipe: Recipe },
  terminal: Terminal,
): Promise<void> {
  const written: string[] = [];
  const write = async (path: string, save: () => Promise<void>): Promise<void> => {
    await writeIntoFolder(path, save);
    if (files.tokens !== undefined) written.push(path);
  };
  try {
    for (const [i, path] of files.pictures.entries()) {
      const picture = files.isGrid ? composeGrid(pictures) : pictures[i]!;
      const text = formatRecipe(files.isGrid ? recipe : recipeOfOne(recipe, i));
      await write(path, () => savePng(path, picture, { ...terminal, text }));
    }
    const { tokens: path } = files;
    const npy = writeNpy({ dtype: 'int32', shape: tokens.shape, data: tokens.data });
    if (path !== undefined) await write(path, () => writeOutput(path, [npy], terminal));
  } catch (error) {
    for (const path of written) await rm(path, { force: true });
    throw error;
  }
}

/** Candidate i of several is the only one of its own seed. */
function recipeOfOne(recipe: Recipe, i: number): Recipe {
  const { settings } = recipe;
  return { ...recipe, settings: { ...settings, count: 1, seed: candidateSeed(settings.seed, i) } };
}
