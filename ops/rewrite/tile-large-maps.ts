/**
 * Maps too large to hold whole are computed tile by tile. A section of the graph, from where maps change size to where
 * they change size again, is copied once a tile: its inputs are sliced with a halo as wide as its convolutions reach,
 * and of its result the part that the slicing did not touch is kept and put together with the others. The halo is
 * computed again by every tile; in return no map of the section ever exists whole.
 *
 * Sections end at 2×2 pools, at the inputs of upsamples, before arg-max heads and at outputs; weights are shared. What
 * one section hands to the next is put together and held whole, unless it is too large for that too: then the tiles of
 * the later section go on through the earlier one, each computing the part it needs.
 */
import { apply, gridOf, isOf, sizeOf } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { argmaxOp } from '../argmax/argmax.ts';
import { castToHalfOp } from '../cast/cast.ts';
import { concat } from '../concat/concat.ts';
import { conv2dOp } from '../conv2d/conv2d.ts';
import { reluOp } from '../elementwise/unary.ts';
import { maxPool2dOp } from '../max-pool2d/max-pool2d.ts';
import { oneHotOp } from '../one-hot/one-hot.ts';
import { slice, sliceOp } from '../slice/slice.ts';
import { upsampleNearest2dOp } from '../upsample-nearest2d/upsample-nearest2d.ts';
import {
  findWindows,
  largestWindow,
  listCuts,
  moveInto,
  pairUp,
  resize,
  sumWindows,
  takeRegion,
} from './tile-regions.ts';
import type { Region, Tile, TileRegion } from './tile-regions.ts';

/** Numbers of one picture; a batch is split by a rule of its own (split_batch). */
interface TileLimits {
  /** In the largest map of a section from which on it is tiled, and of a tile, its halo included. */
  readonly tile: number;
  /** In the largest map that is put together between two sections. */
  readonly held: number;
}

/**
 * The official nets are whole at 256² (2²⁴ numbers), and tiles are as large as Winograd's rules still take. At 1024² an
 * encode then needs 642 MB of textures beside the weights and a decode 671, for 1.08 and 1.10 times the texture reads a
 * pixel; held whole, they would need 2.4 GB each.
 */
export const tileLargeMaps: Rule = tilingRule({ tile: 20.42e6, held: 70e6 });

/**
 * Where tiles and halos begin: at whole blocks of pixels or Winograd tiles as far as that is cheap, and where a pool or
 * an upsample begins. Windows are whole Winograd tiles high, and whole blocks of 8 of them wide: what is not is
 * computed all the same, and rows that begin astride cache lines cost llvmpipe up to a third of a 1×1 convolution.
 */
const tileStep = { y: 8, x: 16 };
const windowSteps = { y: { begin: 2, size: 4 }, x: { begin: 4, size: 32 } };

/** The rule with other limits, for tests. */
export function tilingRule(limits: TileLimits): Rule {
  return {
    name: 'tile_large_maps',
    why: 'a section whose maps are too large → the same by tiles, each with the halo it needs.',
    apply(tensor, { isOutput }) {
      if (isOutput(tensor)) return tileSection(tensor, limits) ?? tileHead(tensor, limits);
      if (tensor.op === maxPool2dOp && isHeld(tensor, limits)) return tileSection(tensor, limits);
      const small = tensor.op === upsampleNearest2dOp ? tensor.inputs[0]! : undefined;
      return small && isHeld(small, limits) ? tileBehind(tensor, small, limits) : tileHead(tensor, limits);
    },
  };
}

/** The arg-max itself is not tiled: what its head looks at is smaller than its logits. */
function tileHead(tensor: Tensor, limits: TileLimits): Tensor | undefined {
  const end = findHeadInput(tensor);
  return end && tileBehind(tensor, end, limits);
}

function tileBehind(tensor: Tensor, end: Tensor, limits: TileLimits): Tensor | undefined {
  const tiled = tileSection(end, limits);
  return tiled && replaceBehind(tensor, end, tiled);
}

/** For arg-max over a 1×1 convolution: the tensor before the convolution and its ReLU. */
function findHeadInput(tensor: Tensor): Tensor | undefined {
  const [convolution] = tensor.inputs;
  if (tensor.op !== argmaxOp || convolution!.op !== conv2dOp || reachOf(convolution!) > 0) return undefined;
  const [input] = convolution!.inputs;
  return input!.op === reluOp ? input!.inputs[0] : input;
}

/** `tensor` rebuilt with `end`, which it reads directly or through a chain of first inputs, replaced. */
function replaceBehind(tensor: Tensor, end: Tensor, tiled: Tensor): Tensor {
  const [first, ...rest] = tensor.inputs;
  const replaced = first === end ? tiled : replaceBehind(first!, end, tiled);
  return apply(tensor.op, [replaced, ...rest], tensor.attributes);
}

/** Whether a pixel of the result depends only on pixels near it, at the same size of map. */
function isLocal(tensor: Tensor): boolean {
  if (tensor.shape.length !== 4) return false;
  if (tensor.op === conv2dOp || tensor.op.mapwise === true) return true;
  // A slice over channels leaves rows and columns whole.
  return tensor.op === sliceOp && [2, 3].every((axis) => tensor.shape[axis] === tensor.inputs[0]!.shape[axis]);
}

/** Pixels by which an op looks beyond its own. */
function reachOf(tensor: Tensor): number {
  if (tensor.op !== conv2dOp) return 0;
  const [, , height, width] = tensor.inputs[1]!.shape as [number, number, number, number];
  return (Math.max(height, width) - 1) / 2;
}

/** A tensor that a tile takes a slice of: the start of a section. */
interface Start {
  readonly tensor: Tensor;
  /** How many times smaller than the section's maps it is: what an upsample at the start makes of it. */
  readonly scale: number;
}

interface Section {
  /** What pools the maps at the end, and by how much; `last` itself and 1 where nothing does. */
  readonly end: Tensor;
  readonly pool: number;
  /** The last tensor of the section at the size of its maps. */
  readonly last: Tensor;
  readonly starts: ReadonlyMap<Tensor, Start>;
  /** How far the end looks beyond its own pixels. */
  readonly reach: number;
  /** The most numbers that a tile of one pixel makes in one map, here or in the sections it goes on through. */
  readonly depth: number;
}

/**
 * Maps of the section: those as high and wide as its end, or as what its end pools. What starts it is not counted: it
 * exists anyway, or is upsampled only after the 1×1 convolutions behind it (upsample_later). A 1×1 convolution of a
 * one-hot picture is a table lookup (gather_one_hot), so it starts a section too. Undefined where halos would not begin
 * where a pool or an upsample does.
 */
function explore(end: Tensor, limits: TileLimits): Section | undefined {
  const pool = isOf(end, maxPool2dOp) ? end.attributes.size : 1;
  const last = pool > 1 ? end.inputs[0]! : end;
  if (!isLocal(last)) return undefined;
  const starts = new Map<Tensor, Start>();
  const reaches = new Map<Tensor, number>();
  let depth = 0;
  const visit = (tensor: Tensor): number => {
    const known = reaches.get(tensor);
    if (known !== undefined) return known;
    let reach = 0;
    if (isOf(tensor, upsampleNearest2dOp)) {
      starts.set(tensor, { tensor: tensor.inputs[0]!, scale: tensor.attributes.scale });
    } else if (isLocal(tensor) && tensor.inputs[0]!.op !== oneHotOp) {
      // A ReLU happens on read, a cast on write.
      if (tensor.op !== reluOp && tensor.op !== castToHalfOp) depth = Math.max(depth, tensor.shape[1]!);
      const inputs = tensor.op === conv2dOp ? tensor.inputs.slice(0, 1) : tensor.inputs.filter(isMap);
      reach = reachOf(tensor) + Math.max(0, ...inputs.map(visit));
    } else {
      starts.set(tensor, { tensor, scale: 1 });
    }
    reaches.set(tensor, reach);
    return reach;
  };
  const reach = visit(last);
  const { h, w } = gridOf(last.shape);
  const scales = [pool, ...[...starts.values()].map(({ scale }) => scale)];
  if (scales.some((scale) => windowSteps.y.begin % scale > 0 || h % scale > 0 || w % scale > 0)) return undefined;
  for (const { tensor, scale } of starts.values()) {
    const before = exploreUnlessHeld(tensor, limits);
    if (before) depth = Math.max(depth, (before.depth * before.pool ** 2) / scale ** 2);
  }
  return { end, pool, last, starts, reach, depth };
}

/** Weights and scalars are not cut. */
function isMap(tensor: Tensor): boolean {
  return tensor.shape.length === 4 && tensor.shape[2]! * tensor.shape[3]! > 1;
}

/** Whether a map is small enough to be held whole between the section that makes it and the one that reads it. */
function isHeld(tensor: Tensor, limits: TileLimits): boolean {
  return sizeOf(tensor.shape) / tensor.shape[0]! <= limits.held;
}

/** The section that makes a start, if the tiles behind it go on through it. */
function exploreUnlessHeld(start: Tensor, limits: TileLimits): Section | undefined {
  return isHeld(start, limits) ? undefined : explore(start, limits);
}

/** The tensor by tiles, or undefined where it fits whole or cannot be cut. */
function tileSection(end: Tensor, limits: TileLimits): Tensor | undefined {
  const section = explore(end, limits);
  if (!section) return undefined;
  const { h, w } = gridOf(section.last.shape);
  if (section.depth * h * w <= limits.tile) return undefined;
  const cuts = chooseCuts(section, limits);
  const rows = cuts?.y.map((y) => {
    const tiles = cuts.x.map((x) => makeTile(section, pairUp(y, x), limits));
    return tiles.length > 1 ? concat(tiles, 3) : tiles[0]!;
  });
  return rows && rows.length > 1 ? concat(rows, 2) : rows?.[0];
}

/** The cuts of which the tiles are small enough, and then together the cheapest, halos included. */
function chooseCuts({ last, reach, depth }: Section, limits: TileLimits): { y: Tile[]; x: Tile[] } | undefined {
  const { h, w } = gridOf(last.shape);
  const columns = listCuts(w, tileStep.x).map((spans) => findWindows(spans, reach, w, windowSteps.x));
  const [best] = listCuts(h, tileStep.y)
    .map((spans) => findWindows(spans, reach, h, windowSteps.y))
    .flatMap((y) => columns.map((x) => ({ y, x, cost: sumWindows(y) * sumWindows(x) * costOfWidth(largestWindow(x)) })))
    .filter(({ y, x }) => largestWindow(y) * largestWindow(x) * depth <= limits.tile)
    .sort((a, b) => a.cost - b.cost);
  return best;
}

/**
 * Of about equal areas the narrower is the faster: a product reads all channels of a row of blocks again for every four
 * it makes, and where the row is short they are still in the cache. On llvmpipe a 1×1 convolution of 512 channels takes
 * a fetch of 0.8 ns at 64 pixels across, 1.2 at 256.
 */
function costOfWidth(pixels: number): number {
  return 1 + 0.04 * Math.log2(pixels);
}

/** The section on a region and its halo, and of its result the region, which counts pixels of the section's maps. */
function makeTile({ end, last, pool, starts }: Section, { region, around }: TileRegion, limits: TileLimits): Tensor {
  const copies = new Map<Tensor, Tensor>();
  const copy = (tensor: Tensor): Tensor => {
    const known = copies.get(tensor);
    if (known) return known;
    const start = starts.get(tensor);
    const made = start ? copyStart(tensor, start, around, limits) : copyOne(tensor, around, copy);
    copies.set(tensor, made);
    return made;
  };
  const result = copy(last);
  const pooled = pool > 1 ? apply(end.op, [result], end.attributes) : result;
  return takeRegion(pooled, resize(moveInto(region, around), 1 / pool));
}

/** The part of a section's start that a tile needs: of a map that is held, or else computed for this tile. */
function copyStart(tensor: Tensor, start: Start, around: Region, limits: TileLimits): Tensor {
  const region = resize(around, 1 / start.scale);
  const before = exploreUnlessHeld(start.tensor, limits);
  const part = before
    ? makeTile(before, surround(resize(region, before.pool), before), limits)
    : takeRegion(start.tensor, region);
  return start.scale > 1 ? apply(tensor.op, [part], tensor.attributes) : part;
}

/** A region of a section's maps with the halo that it needs. */
function surround(region: Region, { last, reach }: Section): TileRegion {
  const { h, w } = gridOf(last.shape);
  const [y] = findWindows([region.y], reach, h, windowSteps.y);
  const [x] = findWindows([region.x], reach, w, windowSteps.x);
  return pairUp(y!, x!);
}

function copyOne(tensor: Tensor, { y, x }: Region, copy: (tensor: Tensor) => Tensor): Tensor {
  const inputs = tensor.inputs.map((input, index) => {
    return isMap(input) && !(tensor.op === conv2dOp && index > 0) ? copy(input) : input;
  });
  if (!isOf(tensor, sliceOp)) return apply(tensor.op, inputs, tensor.attributes);
  return slice(inputs[0]!, tensor.attributes.begin, [tensor.shape[0]!, tensor.shape[1]!, y.count, x.count]);
}
