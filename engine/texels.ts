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

/** Calls `visit` for every row of pixels of a plane that this layer holds. */
function visitRows(
  layout: Layout,
  layer: number,
  visit: (plane: number, y: number, firstX: number, texel: number, count: number) => void,
): void {
  const { grid, block, tile, tiles, targets, planes, texture } = layout;
  const pixel = layer % targets;
  const dx = pixel % block.width;
  const dy = Math.floor(pixel / block.width);
  for (let plane = 0; plane < planes; plane++) {
    for (let y = dy; y < grid.h; y += block.height) {
      for (let tileX = 0; tileX < tiles.x; tileX++) {
        const firstBlock = tileX * tile.width;
        const place = placeOf(layout, plane, (y - dy) / block.height, firstBlock);
        if (place.layer !== layer - pixel) continue;
        const firstX = firstBlock * block.width + dx;
        const blocks = Math.min(tile.width, Math.ceil((grid.w - firstX) / block.width));
        if (blocks > 0) visit(plane, y, firstX, place.y * texture.width + place.x, blocks);
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
  const { grid, block, quads, texture } = layout;
  const strides = stridesOfGrid(layout);
  const firstTexel = firstRow * texture.width;
  const texels = new Float32Array(texture.width * rows * 4);
  visitRows(layout, layer, (plane, y, firstX, texel, count) => {
    if (texel < firstTexel || texel >= firstTexel + rows * texture.width) return;
    const c = (plane % quads) * 4;
    const lanes = Math.min(4, grid.c - c);
    const start = Math.floor(plane / quads) * strides.n + c * strides.c + y * strides.h + firstX * strides.w;
    const step = block.width * strides.w;
    for (let lane = 0; lane < lanes; lane++) {
      let from = start + lane * strides.c;
      let to = (texel - firstTexel) * 4 + lane;
      for (let i = 0; i < count; i++, from += step, to += 4) texels[to] = data[from]!;
    }
  });
  return texels;
}

/** Writes what one layer holds into the row-major array. */
export function unpackLayer(layout: Layout, layer: number, texels: Float32Array, data: NumericArray): void {
  const { grid, block, quads } = layout;
  const strides = stridesOfGrid(layout);
  visitRows(layout, layer, (plane, y, firstX, texel, count) => {
    const c = (plane % quads) * 4;
    const lanes = Math.min(4, grid.c - c);
    const start = Math.floor(plane / quads) * strides.n + c * strides.c + y * strides.h + firstX * strides.w;
    const step = block.width * strides.w;
    for (let lane = 0; lane < lanes; lane++) {
      let to = start + lane * strides.c;
      let from = texel * 4 + lane;
      for (let i = 0; i < count; i++, to += step, from += 4) data[to] = texels[from]!;
    }
  });
}
