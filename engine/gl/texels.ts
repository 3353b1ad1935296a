/**
 * Row-major numbers to texels and back, by the rule of layout.ts: upwards in bands of rows, downwards a layer at a
 * time, so that a transfer never needs a second copy of a whole tensor in JavaScript.
 */
import { floatBitsToHalf, halfToFloatBits } from '../../base/half.ts';
import { placeOf } from './layout.ts';
import type { Layout } from './layout.ts';
import type { NumericArray } from '../op.ts';

interface Strides {
  readonly n: number;
  readonly c: number;
  readonly h: number;
  readonly w: number;
}

/** Distance in the row-major array between neighbours along each axis of the grid. */
function stridesOfGrid({ shape, grid: { c, h, w } }: Layout): Strides {
  if (shape.length === 4) return { n: c * h * w, c: h * w, h: w, w: 1 };
  return { n: w * c, c: 1, h: w * c, w: c }; // [N, W, C], [W, C], [C]: channels are innermost, h is 1
}

/** What a texture takes and gives: four floats a texel, or eight halves in four whole numbers. */
export type Texels = Float32Array | Uint32Array;

/** Elements that follow each other both in the row-major array and among the numbers of a layer. */
interface Run {
  /** First index in the row-major array, and the distance to the next. */
  readonly element: number;
  readonly step: number;
  /** First texel, and which of its lanes; the next is one texel further. */
  readonly texel: number;
  readonly lane: number;
  readonly count: number;
}

/** Calls `visit` for every channel of every row of pixels that these rows of texels of the layer hold. */
function visitRuns(layout: Layout, layer: number, rows: [first: number, end: number], visit: (run: Run) => void): void {
  const { grid, block, tile, tiles, targets, depth, planes, texture } = layout;
  const strides = stridesOfGrid(layout);
  const pixel = layer % targets;
  const dx = pixel % block.width;
  const dy = Math.floor(pixel / block.width);
  const step = block.width * strides.w;
  for (let plane = 0; plane < planes; plane++) {
    const c = (plane % depth) * layout.lanes;
    const lanes = Math.min(layout.lanes, grid.c - c);
    const planeStart = Math.floor(plane / depth) * strides.n + c * strides.c;
    for (let y = dy; y < grid.h; y += block.height) {
      for (let tileX = 0; tileX < tiles.x; tileX++) {
        const firstBlock = tileX * tile.width;
        const place = placeOf(layout, plane, (y - dy) / block.height, firstBlock);
        if (place.layer !== layer - pixel || place.y < rows[0] || place.y >= rows[1]) continue;
        const x = firstBlock * block.width + dx;
        const count = Math.min(tile.width, Math.ceil((grid.w - x) / block.width));
        const texel = place.y * texture.width + place.x;
        const start = planeStart + y * strides.h + x * strides.w;
        for (let lane = 0; lane < lanes; lane++) {
          visit({ element: start + lane * strides.c, step, texel, lane, count });
        }
      }
    }
  }
}

/**
 * The texels of `rows` rows of texels of one layer, from `firstRow` on; lanes and pixels outside the tensor stay
 * zero. Only a band at a time exists twice in JavaScript, however large the tensor is.
 */
export function packRows(
  layout: Layout,
  layer: number,
  data: NumericArray | Uint16Array,
  firstRow: number,
  rows: number,
): Texels {
  if (data instanceof Uint16Array) return packHalfRows(layout, layer, data, firstRow, rows);
  const { lanes, texture } = layout;
  if (layout.isFlat && layout.margin === 0 && lanes === 4) return takeRows(layout, layer, data, firstRow, rows);
  const firstTexel = firstRow * texture.width;
  const numbers = new Float32Array(texture.width * rows * lanes);
  visitRuns(layout, layer, [firstRow, firstRow + rows], ({ element, step, texel, lane, count }) => {
    let from = element;
    let to = (texel - firstTexel) * lanes + lane;
    for (let i = 0; i < count; i++, from += step, to += lanes) numbers[to] = data[from]!;
  });
  return texture.format === 'f16' ? toHalves(numbers) : numbers;
}

/** The same of halves by their bits, the first of two in the lower half of a number, as they lie in memory. */
function packHalfRows(layout: Layout, layer: number, data: Uint16Array, firstRow: number, rows: number): Uint32Array {
  const { lanes, texture, grid } = layout;
  const firstTexel = firstRow * texture.width;
  const halves = new Uint16Array(texture.width * rows * lanes);
  const isWhole = stridesOfGrid(layout).c === 1 && grid.c % lanes === 0;
  visitRuns(layout, layer, [firstRow, firstRow + rows], ({ element, step, texel, lane, count }) => {
    const start = (texel - firstTexel) * lanes;
    if (isWhole && lane > 0) return; // with the first
    if (isWhole && step === lanes) return halves.set(data.subarray(element, element + count * lanes), start);
    let from = element;
    let to = start + lane;
    if (!isWhole) {
      for (let i = 0; i < count; i++, from += step, to += lanes) halves[to] = data[from]!;
      return;
    }
    for (let i = 0; i < count; i++, from += step - lanes) {
      for (let end = to + lanes; to < end; to++, from++) halves[to] = data[from]!;
    }
  });
  return new Uint32Array(halves.buffer);
}

/** Of numbers that lie the same in both: no copy but of the last rows, which zeros may fill up. */
function takeRows(
  { texture }: Layout,
  layer: number,
  data: NumericArray,
  firstRow: number,
  rows: number,
): Float32Array {
  const first = (layer * texture.height + firstRow) * texture.width * 4;
  const part = data.subarray(first, first + rows * texture.width * 4);
  if (part instanceof Float32Array && part.length === rows * texture.width * 4) return part;
  const texels = new Float32Array(rows * texture.width * 4);
  texels.set(part);
  return texels;
}

/** Two halves in each number, the first in its lower bits. */
function toHalves(numbers: Float32Array): Uint32Array {
  const bits = new Uint32Array(numbers.buffer);
  const pairs = new Uint32Array(numbers.length / 2);
  for (let i = 0; i < pairs.length; i++) {
    pairs[i] = floatBitsToHalf(bits[2 * i]!) | (floatBitsToHalf(bits[2 * i + 1]!) << 16);
  }
  return pairs;
}

function fromHalves(pairs: Uint32Array): Float32Array {
  const bits = new Uint32Array(pairs.length * 2);
  for (let i = 0; i < pairs.length; i++) {
    bits[2 * i] = halfToFloatBits(pairs[i]! & 0xffff);
    bits[2 * i + 1] = halfToFloatBits(pairs[i]! >>> 16);
  }
  return new Float32Array(bits.buffer);
}

/** Writes what one layer holds into the row-major array. */
export function unpackLayer(layout: Layout, layer: number, texels: Texels, data: NumericArray): void {
  const { lanes } = layout;
  const numbers = texels instanceof Uint32Array ? fromHalves(texels) : texels;
  visitRuns(layout, layer, [0, layout.texture.height], ({ element, step, texel, lane, count }) => {
    let from = texel * lanes + lane;
    let to = element;
    for (let i = 0; i < count; i++, to += step, from += lanes) data[to] = numbers[from]!;
  });
}
