/**
 * Several pictures in one: side by side to compare, or in a grid to choose from. Cells are as large as the largest
 * picture; the rest is white.
 *
 * Pure: runs in Node and in the browser.
 */
import { ShapeError } from '../base/errors.ts';
import { checkObject } from '../base/check-argument.ts';
import { showValue } from './arguments.ts';
import { checkPicture, createPicture, pastePicture, type Picture } from './picture.ts';

interface GridOptions {
  /** Pictures in a row; the square root of their number, rounded up, unless told. */
  readonly columns?: number;
  /** White pixels between neighbours [0]. */
  readonly gap?: number;
}

/** One row, from left to right. Throws `E_SHAPE` when there is no picture. */
export function composeSideBySide(pictures: readonly Picture[], gap = 0): Picture {
  return composeGrid(pictures, { columns: Array.isArray(pictures) ? Math.max(1, pictures.length) : 1, gap });
}

/** Rows from the top, each filled from the left. Throws `E_SHAPE` when there is no picture, or no such grid. */
export function composeGrid(pictures: readonly Picture[], options: GridOptions = {}): Picture {
  checkObject('composeGrid', 'options', options);
  const count = Array.isArray(pictures) ? pictures.length : 0;
  const { columns = Math.ceil(Math.sqrt(count)), gap = 0 } = options;
  if (count === 0 || !Number.isSafeInteger(columns) || columns < 1 || !Number.isSafeInteger(gap) || gap < 0) {
    throw new ShapeError(
      'E_SHAPE',
      'composeGrid: wanted a list of at least one picture, whole columns from 1 and a whole gap from 0, but got ' +
        `${Array.isArray(pictures) ? `${count} pictures` : showValue(pictures)}, ${showValue(columns)} columns ` +
        `and a gap of ${showValue(gap)}. An empty list probably means that nothing was decoded.`,
    );
  }
  for (const picture of pictures) checkPicture(picture, 'composeGrid');
  const cellWidth = Math.max(...pictures.map((picture) => picture.width)) + gap;
  const cellHeight = Math.max(...pictures.map((picture) => picture.height)) + gap;
  const rows = Math.ceil(pictures.length / columns);
  const grid = createPicture(columns * cellWidth - gap, rows * cellHeight - gap);
  pictures.forEach((picture, i) => {
    pastePicture(grid, picture, (i % columns) * cellWidth, Math.floor(i / columns) * cellHeight);
  });
  return grid;
}
