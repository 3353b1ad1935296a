/**
 * Row-major numbers to texels and back, by the rule of layout.ts: upwards in bands of rows, downwards a layer at a time,
 * so that a transfer never needs a second copy of a whole tensor in JavaScript.
 */
import { placeOf } from './layout.ts';
import type { Layout } from './layout.ts';
import type { NumericArray } from './op.ts';

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

/** Elements that follow each other both in the row-major array and among the floats of a layer. */
interface Run {
  /** First index in the row-major array, and the distance to the next. */
  readonly element: number;
  readonly step: number;
  /** First texel, and which of its four floats; the next is one texel further. */
  readonly texel: number;
  readonly lane: number;
  readonly count: number;
}

/** Calls `visit` for every channel of every row of pixels that these rows of texels of the layer hold. */
function visitRuns(layout: Layout, layer: number, rows: [first: number, end: number], visit: (run: Run) => void): void {
  const { grid, block, tile, tiles, targets, quads, planes, texture } = layout;
  const strides = stridesOfGrid(layout);
  const pixel = layer % targets;
  const dx = pixel % block.width;
  const dy = Math.floor(pixel / block.width);
  const step = block.width * strides.w;
  for (let plane = 0; plane < planes; plane++) {
    const c = (plane % quads) * 4;
    const lanes = Math.min(4, grid.c - c);
    const planeStart = Math.floor(plane / quads) * strides.n + c * strides.c;
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
 * The RGBA floats of `rows` rows of texels of one layer, from `firstRow` on; lanes and pixels outside the tensor stay
 * zero. Only a band at a time exists twice in JavaScript, however large the tensor is.
 */
export function packRows(
  layout: Layout,
  layer: number,
  data: NumericArray,
  firstRow: number,
  rows: number,
): Float32Array {
  const { width } = layout.texture;
  const firstTexel = firstRow * width;
  const texels = new Float32Array(width * rows * 4);
  visitRuns(layout, layer, [firstRow, firstRow + rows], ({ element, step, texel, lane, count }) => {
    let from = element;
    let to = (texel - firstTexel) * 4 + lane;
    for (let i = 0; i < count; i++, from += step, to += 4) texels[to] = data[from]!;
  });
  return texels;
}

/** Writes what one layer holds into the row-major array. */
export function unpackLayer(layout: Layout, layer: number, texels: Float32Array, data: NumericArray): void {
  visitRuns(layout, layer, [0, layout.texture.height], ({ element, step, texel, lane, count }) => {
    let from = texel * 4 + lane;
    let to = element;
    for (let i = 0; i < count; i++, to += step, from += 4) data[to] = texels[from]!;
  });
}
