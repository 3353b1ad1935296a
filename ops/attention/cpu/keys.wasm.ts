/**
 * What the kernels of attention are told, and which key stands in each slot of a query: keyOf of ../mask.ts for all
 * slots at once, without divisions in its loops. A property test holds the two together.
 */

/** Kinds of masks by their places in the list of attention.ts. */
const FULL = 0;
const ROW = 1;
const COLUMN = 2;
const AXIAL_ROW = 3;
const AXIAL_CONV = 4;
const CONV = 5;
export const ALL = 6;

/** The arguments, as `attention.ts` lays them. */
@unmanaged
export class Attention {
  /** Rows of the queries, or scores. */
  from: usize;
  /** Numbers in a row of the queries. */
  channels: i32;
  cache: usize;
  /** Of the first query; where all keys are seen, how many each sequence of the cache has. */
  position: usize;
  result: usize;
  sequences: i32;
  batch: i32;
  length: i32;
  heads: i32;
  headSize: i32;
  /** Queries of each sequence. */
  queries: i32;
  /** Keys that a query may have. */
  slots: i32;
  /** Queries of all heads that an item computes. */
  each: i32;
  /** 1 / √headSize. */
  scale: f32;
  kind: i32;
  text: i32;
  rows: i32;
  columns: i32;
  kernel: i32;
  /** 1 where a convolution goes on at the other edge. */
  wraps: i32;
  /** 1 where queries see the image. */
  seesImage: i32;
}

/** Bytes of a row of the cache, in one plane. */
// @ts-ignore: decorator
@inline
export function rowBytes(given: Attention): usize {
  return <usize>(given.batch * 2 * given.heads * quadsOf(given)) << 2;
}

/** The sequence of the cache that head n of the rows looks at. */
// @ts-ignore: decorator
@inline
export function rowOfCache(given: Attention, n: i32): i32 {
  return ((n / given.heads) * given.batch) / given.sequences;
}

/** Where query m of head n stands, as its mask counts. */
// @ts-ignore: decorator
@inline
export function placeQuery(given: Attention, n: i32, m: i32): i32 {
  if (given.kind !== ALL) return i32.load(given.position) + m;
  return i32.load(given.position + (<usize>rowOfCache(given, n) << 2)) - 1;
}

/** Quads of a vector. */
// @ts-ignore: decorator
@inline
export function quadsOf(given: Attention): i32 {
  return (given.headSize + 3) >> 2;
}

/** Writes the key in each slot of the query at a position, or -1. */
export function listKeys(given: Attention, query: i32, keys: usize): void {
  const text = given.text;
  memory.fill(keys, 0xff, <usize>given.slots << 2);
  if (query < 0 || query >= given.length) return; // nothing is seen, so the result is NaN
  const seen = min(text, query + 1);
  for (let key = 0; key < seen; key++) i32.store(keys + (<usize>key << 2), key);
  const p = query - text;
  if (p >= 0 && given.seesImage) listImageKeys(given, p, keys + (<usize>text << 2));
}

function listImageKeys(given: Attention, p: i32, keys: usize): void {
  const text = given.text;
  const columns = given.columns;
  const kernel = given.kernel;
  const r = p / columns;
  const c = p - r * columns;
  switch (given.kind) {
    case FULL:
    case ALL:
      for (let j = 0; j <= p; j++) i32.store(keys + (<usize>j << 2), text + j);
      break;
    case ROW: {
      const last = min(columns, p);
      for (let j = 0; j <= last; j++) i32.store(keys + (<usize>j << 2), text + p - j);
      break;
    }
    case COLUMN:
      for (let j = 0; j <= r; j++) i32.store(keys + (<usize>j << 2), text + j * columns + c);
      break;
    case AXIAL_ROW:
      for (let j = 0; j <= c; j++) i32.store(keys + (<usize>j << 2), text + r * columns + j);
      break;
    case AXIAL_CONV:
      for (let dy = 0; dy < kernel; dy++) {
        listRow(given, p, r - kernel + 1 + dy, c - kernel + 1, kernel, keys + (<usize>(dy * kernel) << 2));
      }
      break;
    case CONV:
      if (given.wraps) listAround(given, p, r, c, keys);
      else {
        const half = (kernel - 1) / 2;
        for (let dy = 0; dy < half; dy++) {
          listRow(given, p, r - half + dy, c - half, kernel, keys + (<usize>(dy * kernel) << 2));
        }
        listRow(given, p, r, c - half, half + 1, keys + (<usize>(half * kernel) << 2));
      }
      break;
  }
}

/** Neighbours in a row of the image, from a column on that may lie outside. */
function listRow(given: Attention, p: i32, row: i32, first: i32, count: i32, keys: usize): void {
  if (row < 0) return;
  const start = row * given.columns;
  for (let dx = 0; dx < count; dx++) {
    const column = first + dx;
    const isThere = column >= 0 && column < given.columns && start + column <= p;
    if (isThere) i32.store(keys + (<usize>dx << 2), given.text + start + column);
  }
}

/** Neighbours on a torus. */
function listAround(given: Attention, p: i32, r: i32, c: i32, keys: usize): void {
  const kernel = given.kernel;
  const rows = given.rows;
  const columns = given.columns;
  const half = (kernel - 1) / 2;
  const down = min(kernel, rows);
  const across = min(kernel, columns);
  for (let dy = 0; dy < down; dy++) {
    const row = (r - half + dy + kernel * rows) % rows;
    for (let dx = 0; dx < across; dx++) {
      const place = row * columns + ((c - half + dx + kernel * columns) % columns);
      if (place <= p) i32.store(keys + (<usize>(dy * across + dx) << 2), given.text + place);
    }
  }
}
