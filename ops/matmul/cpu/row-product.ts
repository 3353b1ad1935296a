/**
 * Rows times a matrix on the CPU: how the work of matmul and linear is cut into items, each some rows by some columns
 * (row-product.wasm.ts).
 */
import type { KernelCall } from '../../../engine/index.ts';
import type { Activation } from '../../linear/attributes.ts';

/** How the matrix lies, by the numbers that the kernel knows. */
const matrixLies = { strips: 0, 'half strips': 1, rows: 2, columns: 3 } as const;

/** Columns of a strip: of the register tile. */
export const STRIP = 8;

const activations: Readonly<Record<Activation, number>> = { none: 0, gelu: 1, 'gelu-tanh': 2, geglu: 3 };

/** Rows and columns of an item: with a part of a sum they fit the second cache. */
const ROWS = 128;
const COLUMNS = 256;
/** Longest part of a sum: four spread rows of it and a strip fit the first cache. */
const PART = 256;
/** A few rows wait for memory, which likes long strips better than short ones that stay near. */
const FEW_ROWS = 16;
const LONG_PART = 1024;
/** With fewer rows than a tile has, nothing is spread: whole strips stream by, as far as scratch goes. */
const TILE_ROWS = 4;
const LONGEST_STREAM = 16_384;
/** Multiply-adds of an item: about 2 ms, and for few rows, which wait for memory, about 50 µs. */
const MOST_WORK = 45e6;
const STREAMED_WORK = 128e3;
/** Items that keep a few threads busy to the end. */
const FEWEST_ITEMS = 16;

type Address = 'x' | 'matrix' | 'output' | 'bias' | 'scale' | 'residual';

interface RowProduct {
  /** Addresses; 0 for what there is not. */
  readonly x: number;
  readonly matrix: number;
  readonly output: number;
  readonly bias: number;
  readonly scale?: number;
  readonly residual?: number;
  /** Rows of x for each matrix. */
  readonly rows: number;
  readonly inner: number;
  /** Of the matrix: twice those of the result where there is a gate. */
  readonly columns: number;
  readonly lies: keyof typeof matrixLies;
  readonly matrices?: number;
  /** From one matrix to the next; as they lie unless given. */
  readonly matrixBytes?: number;
  readonly activation?: Activation;
  /** x lies [inner, rows] for each matrix. */
  readonly turned?: boolean;
}

/** Bytes of memory that all threads share where the matrix is packed first, since many items read it. */
export function sharedBytesOf({ rows, inner, columns, lies, matrices = 1 }: Omit<RowProduct, Address>): number {
  const isPacked = lies === 'strips' || lies === 'half strips';
  return isPacked || rows <= ROWS ? 0 : 4 * matrices * inner * STRIP * Math.ceil(columns / STRIP);
}

/** @param shared address of as much memory as `sharedBytesOf` says */
export function multiplyRows(product: RowProduct, shared: number): readonly KernelCall[] {
  if (sharedBytesOf(product) === 0) return [callRowProduct(product)];
  const { matrices = 1, inner, columns } = product;
  const strips = Math.ceil(columns / STRIP);
  const pack = callRowProduct({ ...product, output: shared });
  return [
    { kernel: 'pack_strips', items: matrices * Math.ceil(strips / 2), words: pack.words },
    callRowProduct({ ...product, matrix: shared, lies: 'strips', matrixBytes: 4 * inner * STRIP * strips }),
  ];
}

function callRowProduct(product: RowProduct): KernelCall {
  const { rows, inner, columns, lies, matrices = 1, activation = 'none', turned = false } = product;
  const { matrixBytes = 4 * inner * columns } = product;
  const outputs = activation === 'geglu' ? columns / 2 : columns;
  const { itemRows, itemColumns } = shareOut(product, outputs);
  const streams = rows < TILE_ROWS && !turned && (lies === 'strips' || lies === 'half strips');
  const longest = streams ? LONGEST_STREAM : rows <= FEW_ROWS ? LONG_PART : PART;
  const words = [
    ...[product.x, product.matrix, product.output, product.bias, product.scale ?? 0, product.residual ?? 0],
    ...[rows, inner, columns, outputs, matrixLies[lies], matrices > 1 ? matrixBytes : 0],
    ...[activations[activation], itemRows, itemColumns, part(inner, longest, 1), Number(turned)],
  ];
  const items = matrices * Math.ceil(rows / itemRows) * Math.ceil(outputs / itemColumns);
  return { kernel: 'row_product', items, words };
}

function shareOut(
  { rows, inner, matrices = 1 }: RowProduct,
  outputs: number,
): { itemRows: number; itemColumns: number } {
  if (rows < TILE_ROWS) {
    const most = STREAMED_WORK / inner; // the same for two and three rows: their weights come once
    return { itemRows: rows, itemColumns: part(outputs, Math.min(COLUMNS, Math.max(4 * STRIP, most)), 4 * STRIP) };
  }
  const itemRows = part(rows, ROWS, TILE_ROWS);
  const down = matrices * Math.ceil(rows / itemRows);
  const most = Math.min(COLUMNS, MOST_WORK / (itemRows * inner), (down * outputs) / FEWEST_ITEMS);
  return { itemRows, itemColumns: part(outputs, Math.max(8 * STRIP, most), STRIP) };
}

/** The size of equal parts, hardly above `most`, of which all but the last are multiples of `step`. */
function part(size: number, most: number, step: number): number {
  const parts = Math.ceil(size / most);
  return step * Math.ceil(size / parts / step);
}
