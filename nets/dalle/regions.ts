/**
 * Which image tokens of a picture to draw again: from rectangles in fractions of the picture, or from a mask of its
 * pixels. A token is drawn again if any of its pixels is. H W the grid of tokens, of P × P pixels each.
 */
import { argumentError, checkEach, checkObject, checkView } from '../../base/check-argument.ts';
import { ShapeError, UsageError } from '../../base/errors.ts';

/** A rectangle in fractions of the picture: all of it is 0, 0, 1, 1. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One way to say what stays and what is drawn again. */
export type Selection =
  | { readonly keep: readonly Region[] }
  | { readonly redraw: readonly Region[] }
  /** A byte for each pixel of the picture, row-major; from 128 on it is drawn again: white, in a mask. */
  | { readonly mask: Uint8Array };

/** Fractions typed in decimals may miss a pixel's edge by a rounding. */
const slack = 1e-6;

/**
 * 1 for each token to draw again, [H·W].
 *
 * @param patch P, of the coder that made the tokens
 * @throws UsageError `E_REGION` for a rectangle outside the picture, or when nothing is to be drawn again
 * @throws ShapeError `E_SHAPE` for a mask of another size
 */
export function selectTokens(selection: Selection, grid: readonly [number, number], patch: number): Uint8Array {
  checkObject('complete', 'selection', selection);
  checkGrid(grid);
  const [rows, columns] = grid;
  const [height, width] = [rows * patch, columns * patch];
  const redrawn = selectPixels(selection, height, width);
  const tokens = new Uint8Array(rows * columns);
  for (let pixel = 0; pixel < redrawn.length; pixel++) {
    const row = Math.floor(Math.floor(pixel / width) / patch);
    if (redrawn[pixel]) tokens[row * columns + Math.floor((pixel % width) / patch)] = 1;
  }
  if (tokens.includes(1)) return tokens;
  throw regionError('nothing is left to draw: the whole picture is kept');
}

/** Whether a rectangle lies within the picture and is larger than nothing, as `selectTokens` wants it. */
export function isWithinPicture(region: Region): boolean {
  checkObject('isWithinPicture', 'region', region);
  const { x, y, width, height } = region;
  return isWithin(x, width) && isWithin(y, height);
}

function isWithin(start: number, length: number): boolean {
  return start >= 0 && length > 0 && start + length <= 1 + slack;
}

function selectPixels(selection: Selection, height: number, width: number): Uint8Array {
  if ('mask' in selection) {
    checkView('complete', 'mask', selection.mask, [Uint8Array, Uint8ClampedArray]);
    if (selection.mask.length !== width * height) {
      throw new ShapeError(
        'E_SHAPE',
        `complete: the mask must have a byte for each of ${width} × ${height} pixels, got ${selection.mask.length}. ` +
          'Resize and crop it as the picture.',
      );
    }
    return selection.mask.map((value) => (value >= 128 ? 1 : 0));
  }
  const keeps = 'keep' in selection;
  const regions = keeps ? selection.keep : selection.redraw;
  checkRegions(regions);
  if (regions.length === 0) throw regionError('no rectangle was given');
  const pixels = new Uint8Array(width * height).fill(keeps ? 1 : 0);
  for (const region of regions) {
    const [left, right] = coverPixels(region.x, region.width, width, keeps);
    const [top, bottom] = coverPixels(region.y, region.height, height, keeps);
    for (let y = top; y < bottom; y++) pixels.fill(keeps ? 0 : 1, y * width + left, y * width + Math.max(left, right));
  }
  return pixels;
}

function checkGrid(grid: unknown): void {
  const isSize = (size: unknown): boolean => Number.isInteger(size) && Number(size) >= 1 && Number(size) <= 1024;
  checkEach('selectTokens', 'grid', 'a whole number from 1 to 1024', grid, isSize);
  if ((grid as ArrayLike<number>).length !== 2) throw argumentError('selectTokens', 'grid, [rows, columns]', grid);
}

function checkRegions(regions: unknown): void {
  checkEach('complete', 'rectangles', '{ x, y, width, height }', regions, (region) => {
    const { x, y, width, height } = (region ?? {}) as Partial<Region>;
    return [x, y, width, height].every((side) => typeof side === 'number');
  });
}

/** First pixel, and the one after the last: those wholly inside what is kept, and those touched by what is redrawn. */
function coverPixels(start: number, length: number, size: number, keeps: boolean): [first: number, end: number] {
  if (!isWithin(start, length)) {
    throw regionError(
      `a rectangle lies within 0 … 1 and is larger than nothing; one goes from ${start} on for ${length}`,
    );
  }
  const [from, to] = [start * size, (start + length) * size];
  return keeps
    ? [Math.ceil(from - slack), Math.floor(to + slack)]
    : [Math.floor(from + slack), Math.min(size, Math.ceil(to - slack))];
}

function regionError(what: string): UsageError {
  return new UsageError(
    'E_REGION',
    `complete: ${what}. Say what stays or what is drawn again, in fractions of the picture.`,
  );
}
