/**
 * Where the elements of a tensor lie in a texture array. One rule for all tensors (engine/README.md tells it slowly):
 *
 * - A tensor is seen as a grid [N, C, H, W]. Rank 4 is taken as it is; lower ranks have their last axis as C, the one
 *   before as W, the first of three as N. C is the axis that products contract over.
 * - A texel (RGBA) holds 4 consecutive channels at one pixel as floats, a quad, or 8 as halves, an octet. Channels
 *   beyond C hold zeros.
 * - A block of R = width × height pixels lies at one (x, y) of the texture, one pixel a layer: the R layers are the R
 *   render targets of the draw that makes them. Pixels beyond H and W hold zeros.
 * - The blocks of one image and one quad or octet form a plane; planes lie side by side in an atlas; what exceeds the
 *   largest texture goes to further groups of R layers (folds). A plane too large for a texture is cut into tiles
 *   first.
 */
import type { BlockForm } from '../kernel-choice.ts';
import { checkShape, checkType, sizeOf } from '../shape.ts';
import { checkNumbers, checkObject } from '../../base/check-argument.ts';
import type { Rows, Shape, TensorType } from '../shape.ts';

/** Pixels made by one fragment: powers of two. Their product R is the number of render targets. */
export interface Block {
  readonly width: number;
  readonly height: number;
}

/** Sizes of a tensor as four axes. */
export interface Grid {
  readonly n: number;
  readonly c: number;
  readonly h: number;
  readonly w: number;
}

/** The size and format of a texture array. */
export interface TextureSpec {
  readonly width: number;
  readonly height: number;
  readonly layers: number;
  /** RGBA32F, or RGBA32UI with two halves in each number, the first in the lower bits. */
  readonly format: 'f32' | 'f16';
}

/** What a layout must know of a device. */
export interface LayoutLimits {
  /** Largest width and height of a texture that the device really allocates. */
  readonly maxTextureSize: number;
}

/** Where the numbers of a tensor lie in a texture. */
export interface Layout {
  readonly shape: Shape;
  readonly grid: Grid;
  /**
   * The numbers lie as in the row-major array, four a texel (`flatLayoutOf`); `grid` is that of one vector of them all.
   */
  readonly isFlat: boolean;
  readonly block: Block;
  /** Render targets: block.width × block.height. */
  readonly targets: number;
  /** Channels in a texel: 4 floats or 8 halves. */
  readonly lanes: 4 | 8;
  /** Channel quads: C / 4, rounded up. */
  readonly quads: number;
  /** Texels of one pixel: C / lanes, rounded up. */
  readonly depth: number;
  /** N × depth. */
  readonly planes: number;
  /** Blocks across and down one tile of a plane, and tiles across and down a plane. */
  readonly tile: { readonly width: number; readonly height: number };
  readonly tiles: { readonly x: number; readonly y: number };
  /** Tiles across (a power of two) and down the atlas. */
  readonly atlas: { readonly x: number; readonly y: number };
  /** Groups of R layers. One draw makes one fold. */
  readonly folds: number;
  /** Columns of the texture left empty before the atlas (`marginOf`). */
  readonly margin: number;
  readonly texture: TextureSpec;
  readonly bytes: number;
}

/** The grid of a shape: missing axes are 1. */
export function gridOf(shape: Shape): Grid {
  checkShape('gridOf', shape);
  const [a = 1, b = 1, c = 1, d = 1] = shape;
  switch (shape.length) {
    case 4:
      return { n: a, c: b, h: c, w: d };
    case 3:
      return { n: a, c, h: 1, w: b };
    case 2:
      return { n: 1, c: b, h: 1, w: a };
    default:
      return { n: 1, c: a, h: 1, w: 1 };
  }
}

/** The smallest power of two that is at least `value`. */
function powerOfTwoFrom(value: number): number {
  return 2 ** Math.ceil(Math.log2(value));
}

/** As many targets as the device has, but no more across than the row is long. */
export function defaultBlock(shape: Shape, targets: number, form: BlockForm = 'strip'): Block {
  const { h, w } = gridOf(shape);
  const height = form === 'block' && h > 1 && targets > 1 ? 2 : 1;
  return { width: Math.min(targets / height, powerOfTwoFrom(w)), height };
}

/** The layout of a tensor, a draw making so many pixels at once. */
export function layoutOf(type: TensorType, block: Block, limits: LayoutLimits): Layout {
  checkType('layoutOf', type);
  checkObject('layoutOf', 'block', block);
  checkNumbers('layoutOf', 'block', [block.width, block.height]);
  checkObject('layoutOf', 'limits', limits);
  checkNumbers('layoutOf', 'limits', [limits.maxTextureSize]);
  const grid = gridOf(type.shape);
  const lanes = type.dtype === 'f16' ? 8 : 4;
  const quads = Math.ceil(grid.c / 4);
  const depth = Math.ceil(grid.c / lanes);
  const planes = grid.n * depth;
  const planeWidth = Math.ceil(grid.w / block.width);
  const planeHeight = Math.ceil(grid.h / block.height);
  const max = limits.maxTextureSize;
  const tile = {
    width: Math.min(tileWidthOf(planeWidth, planeHeight, block), max),
    height: Math.min(planeHeight, max),
  };
  const tiles = { x: Math.ceil(planeWidth / tile.width), y: Math.ceil(planeHeight / tile.height) };
  const { atlas, folds } = arrangeTiles(planes * tiles.x * tiles.y, tile, max);
  const targets = block.width * block.height;
  const format = type.dtype === 'f16' ? 'f16' : 'f32';
  const margin = marginOf(tile, atlas, max);
  const texture: TextureSpec = {
    width: margin + atlas.x * tile.width,
    height: atlas.y * tile.height,
    layers: folds * targets,
    format,
  };
  const bytes = bytesOf(texture);
  const planar = { lanes, quads, depth, planes, tile, tiles, atlas, folds, margin } as const;
  return { shape: type.shape, grid, isFlat: false, block, targets, ...planar, texture, bytes };
}

/**
 * Numbers as they lie in JavaScript: uploaded without being sorted, for ops that derive. Such a tensor is laid out like
 * the vector of all its numbers, and is read by `_at` and `_pixel` alone (ops/shader/accessors.ts).
 */
export function flatLayoutOf({ shape, dtype }: TensorType, limits: LayoutLimits): Layout {
  return { ...layoutOf({ shape: [sizeOf(shape)], dtype }, { width: 1, height: 1 }, limits), shape, isFlat: true };
}

/**
 * A matrix of many rows is cut into tiles of four blocks, a cache line of one layer, and all its channels at the same
 * rows lie side by side. A product reads a row of the other matrix's channels again for every four that it makes: this
 * way those that a rasteriser's square makes one after the other share what is in the cache. Maps stay whole: their
 * neighbours are read too.
 */
function tileWidthOf(planeWidth: number, planeHeight: number, block: Block): number {
  const narrow = 4;
  return planeHeight === 1 && block.width > 1 && planeWidth % narrow === 0 ? narrow : planeWidth;
}

/** Software rasterisers hand out squares of the screen to their threads; llvmpipe's are of this side. */
export const screenSquare = 64;

/**
 * A vector, or a few rows of one, is a small texture of heavy fragments: every one of a product sums a whole row.
 * Within one square of the screen one thread would draw them all, so it lies astride the line between two. GPUs do not
 * mind.
 */
function marginOf(tile: Layout['tile'], atlas: Layout['atlas'], max: number): number {
  const isVector = tile.width === 1 && tile.height === 1 && atlas.x >= 8 && atlas.x <= screenSquare;
  const margin = screenSquare - atlas.x / 2;
  return isVector && atlas.y <= screenSquare && margin + atlas.x <= max ? margin : 0;
}

/** A texel is four numbers of 4 bytes, whatever they hold. */
export function bytesOf({ width, height, layers }: TextureSpec): number {
  return width * height * layers * 16;
}

/** Two layouts with the same key put every element at the same place of the same kind of texture. */
export function keyOfLayout(layout: Layout): string {
  checkObject('keyOfLayout', 'layout', layout);
  const { grid, isFlat, block, tile, atlas, margin, texture } = layout;
  return JSON.stringify([grid, isFlat, block, tile, atlas, margin, texture]);
}

/**
 * Chooses the atlas for `count` tiles: little waste first, then near to square, since rasterisers share work by
 * screen tiles (llvmpipe 64×64, SwiftShader row pairs) and a thin texture would leave cores idle.
 */
function arrangeTiles(
  count: number,
  tile: { width: number; height: number },
  max: number,
): { atlas: { x: number; y: number }; folds: number } {
  let best = { atlas: { x: 1, y: 1 }, folds: count };
  let bestCost = Infinity;
  for (let x = 1; x * tile.width <= max && x < 2 * count; x *= 2) {
    const y = Math.min(Math.ceil(count / x), Math.floor(max / tile.height));
    const folds = Math.ceil(count / (x * y));
    const aspect = Math.abs(Math.log2((x * tile.width) / (y * tile.height)));
    const cost = x * y * folds * (1 + 0.02 * aspect);
    if (cost < bestCost) {
      bestCost = cost;
      best = { atlas: { x, y }, folds };
    }
  }
  return best;
}

/** A place in a texture array: texel coordinates and layer. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly layer: number;
}

/** Where the block at (blockX, blockY) of a plane lies; `layer` is that of its first pixel. The shaders' `_origin`. */
export function placeOf(layout: Layout, plane: number, blockY: number, blockX: number): Place {
  const { planes, tile, tiles, atlas, margin, targets } = layout;
  const tileY = Math.floor(blockY / tile.height);
  const tileX = Math.floor(blockX / tile.width);
  const index = (tileY * tiles.x + tileX) * planes + plane;
  return {
    x: margin + (index % atlas.x) * tile.width + (blockX - tileX * tile.width),
    y: (Math.floor(index / atlas.x) % atlas.y) * tile.height + (blockY - tileY * tile.height),
    layer: Math.floor(index / (atlas.x * atlas.y)) * targets,
  };
}

/** A rectangle of texels in one fold of a texture. */
export interface Region {
  readonly fold: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where rows of a tensor of one plane lie, whose blocks are one pixel. */
export function locateRows({ tile, tiles, atlas, margin }: Layout, { first, count }: Rows): Region[] {
  const regions: Region[] = [];
  for (let y = first; y < first + count;) {
    const tileY = Math.floor(y / tile.height);
    const height = Math.min((tileY + 1) * tile.height, first + count) - y;
    for (let tileX = 0; tileX < tiles.x; tileX++) {
      const index = tileY * tiles.x + tileX;
      regions.push({
        fold: Math.floor(index / (atlas.x * atlas.y)),
        x: margin + (index % atlas.x) * tile.width,
        y: (Math.floor(index / atlas.x) % atlas.y) * tile.height + (y % tile.height),
        width: tile.width,
        height,
      });
    }
    y += height;
  }
  return regions;
}
