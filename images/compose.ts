/**
 * Several pictures in one: side by side to compare, or in a grid to choose from. Cells are as large as the largest
 * picture; the rest is white.
 *
 * Pure: runs in Node and in the browser.
 */
import { ShapeError } from '../base/errors.ts';
import { checkPicture, createPicture, pastePicture, type Picture } from './picture.ts';

export interface GridOptions {
  /** Pictures in a row; the square root of their number, rounded up, unless told. */
  readonly columns?: number;
  /** White pixels between neighbours [0]. */
  readonly gap?: number;
}

/** One row, from left to right. Throws `E_SHAPE` when there is no picture. */
export function composeSideBySide(pictures: readonly Picture[], gap = 0): Picture {
  return composeGrid(pictures, { columns: Math.max(1, pictures.length), gap });
}

/** Rows from the top, each filled from the left. Throws `E_SHAPE` when there is no picture. */
export function composeGrid(pictures: readonly Picture[], options: GridOptions = {}): Picture {
  const { columns = Math.ceil(Math.sqrt(pictures.length)), gap = 0 } = options;
  if (pictures.length === 0 || !(columns >= 1)) {
    throw new ShapeError(
      'E_SHAPE',
      `composeGrid: wanted at least one picture and one column, but got ${pictures.length} and ${columns}. ` +
        'The list is probably empty because nothing was decoded; check it before composing.',
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
