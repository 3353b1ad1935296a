/**
 * The paper's attention masks (Zero-Shot Text-to-Image Generation, appendix B.1 and figure 11) and their relatives, as
 * rules and as index arithmetic. A sequence is T text positions and then the H × W image positions in raster order.
 *
 * `sees` is the definition. `slotCount`, `keyOf` and its GLSL twin (gl/key-of.ts) list the keys of a query without
 * repeats: slot by slot, first the text and then the image keys that the kind can reach, -1 where a slot holds none. A
 * sparse kind has few slots, so that is also what an attention reads. A property test holds the three together.
 *
 * Letters: p a query's place in the image, r and c its row and column, k the side of a kernel.
 */
import { checkNumbers } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';

/** Which positions see which. */
export interface Mask {
  /**
   * `full` all before; `row` the last W and itself; `column` its column; `conv` a centred k × k kernel; `axial-row` its
   * own row; `axial-conv` the k × k kernel whose bottom right corner it is; `all`, not causal, as many of the first
   * keys as its sequence has.
   */
  readonly kind: 'full' | 'row' | 'column' | 'conv' | 'axial-row' | 'axial-conv' | 'all';
  /** Positions before the first of the image. */
  readonly text: number;
  /** Rows and columns of the image. */
  readonly grid: readonly [number, number];
  /** Side of the kernel of `conv` (odd) and `axial-conv`. */
  readonly kernel: number;
  /** What `conv` does beyond an edge: `clamp` stays on the border, where it sees nothing that `cut` does not. */
  readonly edges: 'cut' | 'clamp' | 'wrap';
}

/**
 * The mask of attention that is not causal: every query sees as many of `length` keys as its sequence has, wherever it
 * stands itself.
 */
export function allKeys(length: number): Mask {
  return { kind: 'all', text: 0, grid: [1, length], kernel: 1, edges: 'cut' };
}

/** Throws ShapeError `E_ATTRIBUTE` for sizes that mean nothing. */
export function checkMask({ text, grid, kernel, kind }: Mask): void {
  checkNumbers('attention', 'text, kernel', [text, kernel]);
  checkNumbers('attention', 'grid', grid);
  const whole = (value: number, least: number): boolean => Number.isInteger(value) && value >= least;
  if (!whole(text, 0) || grid.length !== 2 || !grid.every((size) => whole(size, 1))) {
    throw new ShapeError(
      'E_ATTRIBUTE',
      `attention: a mask needs text ≥ 0 and a grid of rows × columns, got ${text}, ${grid}.`,
    );
  }
  if (!whole(kernel, 1) || (kind === 'conv' && kernel % 2 === 0)) {
    throw new ShapeError('E_ATTRIBUTE', `attention: a kernel is a whole number from 1, odd for conv, got ${kernel}.`);
  }
}

/**
 * Whether the query at a position sees the key at a position: the definition. Queries of `all` stand where the last key
 * of their sequence is, and see what `full` shows them there.
 */
export function sees(mask: Mask, query: number, key: number): boolean {
  const { text, grid, kernel, kind, edges } = mask;
  const columns = grid[1];
  if (key > query) return false;
  if (key < text) return true;
  const [p, q] = [query - text, key - text];
  const rowsUp = Math.floor(p / columns) - Math.floor(q / columns);
  const columnsLeft = (p % columns) - (q % columns);
  const half = (kernel - 1) / 2;
  switch (kind) {
    case 'full':
    case 'all':
      return true;
    case 'row':
      return p - q <= columns;
    case 'column':
      return columnsLeft === 0;
    case 'axial-row':
      return rowsUp === 0;
    case 'axial-conv':
      return rowsUp < kernel && columnsLeft >= 0 && columnsLeft < kernel;
    case 'conv':
      return edges === 'wrap'
        ? distanceAround(rowsUp, grid[0]) <= half && distanceAround(columnsLeft, columns) <= half
        : rowsUp <= half && Math.abs(columnsLeft) <= half;
  }
}

/** The shorter way between two places on a ring of `size`. */
function distanceAround(difference: number, size: number): number {
  const there = ((difference % size) + size) % size;
  return Math.min(there, size - there);
}

/** Image keys that a kind lists for each query, present or not. */
export function imageSlots({ kind, grid, kernel, edges }: Mask): number {
  const [rows, columns] = grid;
  switch (kind) {
    case 'full':
    case 'all':
      return rows * columns;
    case 'row':
      return columns + 1;
    case 'column':
      return rows;
    case 'axial-row':
      return columns;
    case 'axial-conv':
      return kernel * kernel;
    case 'conv': {
      const half = (kernel - 1) / 2;
      return edges === 'wrap' ? Math.min(kernel, rows) * Math.min(kernel, columns) : kernel * half + half + 1;
    }
  }
}

/** Slots of a query, rounded up to whole texels. `reach` text: for queries that are text themselves. */
export function slotCount(mask: Mask, reach: 'text' | 'all'): number {
  return 4 * Math.ceil((mask.text + (reach === 'all' ? imageSlots(mask) : 0)) / 4);
}

/** The key in a slot of a query, or -1. */
export function keyOf(mask: Mask, query: number, slot: number): number {
  const { text, grid, kernel, kind, edges } = mask;
  const [rows, columns] = grid;
  if (slot < text) return slot <= query ? slot : -1;
  const p = query - text;
  const j = slot - text;
  if (p < 0 || j >= imageSlots(mask)) return -1;
  const [r, c] = [Math.floor(p / columns), p % columns];
  const at = (row: number, column: number): number =>
    row >= 0 && column >= 0 && column < columns && row * columns + column <= p ? text + row * columns + column : -1;
  const half = (kernel - 1) / 2;
  switch (kind) {
    case 'full':
    case 'all':
      return j <= p ? text + j : -1;
    case 'row':
      return j <= p ? text + p - j : -1;
    case 'column':
      return at(j, c);
    case 'axial-row':
      return at(r, j);
    case 'axial-conv':
      return at(r - kernel + 1 + Math.floor(j / kernel), c - kernel + 1 + (j % kernel));
    case 'conv': {
      if (edges !== 'wrap') return at(r - half + Math.floor(j / kernel), c - half + (j % kernel));
      const across = Math.min(kernel, columns);
      const row = (r - half + Math.floor(j / across) + kernel * rows) % rows;
      return at(row, (c - half + (j % across) + kernel * columns) % columns);
    }
  }
}
