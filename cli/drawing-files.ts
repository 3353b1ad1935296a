/**
 * The files of a drawing: all pictures as a grid in one .png with their tokens beside it, or a folder with a .png for
 * each and tokens.npy, or a grid alone on standard output. All of them or none are written, and only over drawings.
 */
import { join } from 'node:path';
import { abortedError } from '../base/node/file-error.ts';
import { OutputFiles } from '../base/node/output-files.ts';
import { candidateSeed } from '../nets/sampling/random.ts';
import { composeGrid, encodePng, savePng, type Picture, type TokenGrid } from '../node.ts';
import { writeNpy } from '../weights-convert/numpy/npy.ts';
import { checkClashes, kindOf, outputNameError, writeIntoFolder } from './outputs.ts';
import { findPlaces, type DrawingPaths } from './replaceable-files.ts';
import { formatRecipe, type Recipe } from './recipe.ts';
import type { Terminal } from './terminal.ts';

export interface DrawingFiles extends DrawingPaths {
  /** What was named: a file, a folder, or `-`. */
  readonly output: string;
  readonly isGrid: boolean;
}

interface DrawingNames {
  readonly command: string;
  /** What was typed after `-o`, else a name for the grid. */
  readonly output: string;
  readonly count: number;
  /** Files that must not be replaced. */
  readonly inputs: readonly string[];
}

/**
 * Where the files go; all that can be refused is refused here, before anything is drawn.
 *
 * @throws UsageError `E_OUTPUT_NAME` for a file that is no .png, `E_OUTPUT_CLASH`; DalleError as `findPlaces`
 */
export function planDrawingFiles({ command, output, count, inputs }: DrawingNames): DrawingFiles {
  const kind = output === '-' ? 'device' : kindOf(output);
  if (kind === 'device') return { output, pictures: [output], isGrid: true, tokens: undefined };
  if (kind === 'file' && !/\.png$/i.test(output)) throw outputNameError(command, output, ['.png']);
  const isGrid = kind === 'file';
  const numbered = Array.from({ length: count }, (_, i) => join(output, `${String(i).padStart(3, '0')}.png`));
  const pictures = isGrid ? [output] : numbered;
  const tokens = isGrid ? output.replace(/\.png$/i, '.tokens.npy') : join(output, 'tokens.npy');
  checkClashes([...pictures, tokens], inputs, command);
  const files = { output, pictures, isGrid, tokens };
  findPlaces(files, command);
  return files;
}

/**
 * Writes pictures, each with the recipe that draws it again, and all tokens as int32 [n, H, W].
 *
 * @throws as writeOutput and `findPlaces`; then all is as it was
 */
export async function writeDrawing(files: DrawingFiles, drawn: Drawn, terminal: Terminal): Promise<void> {
  const { pictures, recipe } = drawn;
  const { tokens } = files;
  if (tokens !== undefined) return writeTogether(files, tokens, drawn, terminal);
  await savePng(files.output, composeGrid(pictures), { ...terminal, text: formatRecipe(recipe) });
}

interface Drawn {
  readonly pictures: readonly Picture[];
  readonly tokens: TokenGrid;
  readonly recipe: Recipe;
}

/** The pictures come first: a rerun then knows the tokens of a pair of which only one was written. */
async function writeTogether(files: DrawingFiles, path: string, drawn: Drawn, { signal }: Terminal): Promise<void> {
  const { pictures, tokens, recipe } = drawn;
  await writeIntoFolder(path, async () => {
    // Somebody may have put a file there since.
    const places = findPlaces(files, recipe.command);
    const outputs = new OutputFiles();
    const write = async (name: string, bytes: Uint8Array): Promise<void> => {
      if (signal.aborted) throw abortedError(recipe.command, name);
      await outputs.write(name, bytes, { place: places.get(name) ?? 'new' });
    };
    try {
      for (const [i, name] of files.pictures.entries()) {
        const picture = files.isGrid ? composeGrid(pictures) : pictures[i]!;
        await write(name, encodePng(picture, formatRecipe(files.isGrid ? recipe : recipeOfOne(recipe, i))));
      }
      await write(path, writeNpy({ dtype: 'int32', shape: tokens.shape, data: tokens.data }));
      findPlaces(files, recipe.command);
      outputs.commit();
    } catch (error) {
      await outputs.discard();
      throw error;
    }
  });
}

/** Picture i of several is the only one of its own seed. */
function recipeOfOne(recipe: Recipe, i: number): Recipe {
  const { settings } = recipe;
  const seed = candidateSeed(settings.seed, recipe.best ? recipe.best.kept[i]! : i);
  const one: { best?: Recipe['best'] } & Recipe = { ...recipe, settings: { ...settings, count: 1, seed } };
  delete one.best;
  return one;
}
