/**
 * Maps too large to hold whole are computed tile by tile. A section of the graph, from where maps change size to where
 * they change size again, is copied once a tile: its inputs are sliced with a halo as wide as its convolutions reach,
 * and of its result the part that the slicing did not touch is kept and put together with the others. The halo is
 * computed again by every tile (about 15 % more work); in return no map of the section ever exists whole.
 *
 * Sections end at 2×2 pools, at the inputs of upsamples, before arg-max heads and at outputs; weights are shared.
 */
import { apply, gridOf, sizeOf } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { argmaxOp } from '../argmax/argmax.ts';
import { castToHalfOp } from '../cast/cast.ts';
import { concat, concatOp } from '../concat/concat.ts';
import { conv2dOp } from '../conv2d/conv2d.ts';
import { addOp, divOp, mulOp, scaleAddOp, subOp } from '../elementwise/binary.ts';
import { clampOp, reluOp, sigmoidOp } from '../elementwise/unary.ts';
import { maxPool2dOp } from '../max-pool2d/max-pool2d.ts';
import type { MaxPool2dAttributes } from '../max-pool2d/max-pool2d.ts';
import { oneHotOp } from '../one-hot/one-hot.ts';
import { slice, sliceOp } from '../slice/slice.ts';
import { upsampleNearest2dOp } from '../upsample-nearest2d/upsample-nearest2d.ts';
import type { UpsampleNearest2dAttributes } from '../upsample-nearest2d/upsample-nearest2d.ts';

export interface TileLimits {
  /** Numbers in the largest map of a section from which on it is tiled. */
  readonly whole: number;
  /** Numbers in the largest map of a tile, its halo included. */
  readonly tile: number;
}

/**
 * The official nets are whole at 256² (2²⁴ numbers), and larger pictures are made of pieces that Winograd's rules still
 * take. At 1024² an encode then needs 0.6 GB of textures beside the weights in the place of 2.4; a decode 1.1 GB, since
 * the maps between its sections are large too.
 */
export const tileLargeMaps: Rule = tilingRule({ whole: 17e6, tile: 16e6 });

/** Sides of tiles are multiples of this: whole blocks, whatever the device's, at both sizes of a section. */
const step = 16;

/** Halos are multiples of this: even, so that pools and upsamples begin where a tile begins. */
const haloStep = 4;

/** The rule with other limits, for tests. */
export function tilingRule(limits: TileLimits): Rule {
  return {
    name: 'tile_large_maps',
    why: 'a section whose maps are too large → the same by tiles, each with the halo it needs.',
    apply(tensor, { isOutput }) {
      if (tensor.op === maxPool2dOp || (isOutput(tensor) && isLocal(tensor))) return tileSection(tensor, limits);
      // The arg-max itself is not tiled: what its head looks at is smaller than its logits.
      const end = tensor.op === upsampleNearest2dOp ? tensor.inputs[0] : findHeadInput(tensor);
      if (!end || !isLocal(end)) return undefined;
      const tiled = tileSection(end, limits);
      return tiled && replaceBehind(tensor, end, tiled);
    },
  };
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

const elementwise: readonly unknown[] = [
  ...[addOp, subOp, mulOp, divOp, scaleAddOp],
  ...[reluOp, clampOp, sigmoidOp, castToHalfOp],
];

/** Whether a pixel of the result depends only on pixels near it, at the same size of map. */
function isLocal(tensor: Tensor): boolean {
  if (tensor.shape.length !== 4) return false;
  if (tensor.op === conv2dOp || elementwise.includes(tensor.op)) return true;
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
  readonly starts: Map<Tensor, Start>;
  /** How far the end looks beyond its own pixels, rounded up, and the most numbers of one map. */
  readonly margin: number;
  readonly largest: number;
}

/**
 * Maps of the section: those as high and wide as its end, or as what its end pools. What starts it is not counted: it
 * exists anyway, or is upsampled only after the 1×1 convolutions behind it (upsample_later). A 1×1 convolution of a
 * one-hot picture is a table lookup (gather_one_hot), so it starts a section too.
 */
function explore(end: Tensor): Section {
  const starts = new Map<Tensor, Start>();
  const halos = new Map<Tensor, number>();
  let largest = 0;
  const visit = (tensor: Tensor): number => {
    const known = halos.get(tensor);
    if (known !== undefined) return known;
    let halo = 0;
    if (tensor.op === upsampleNearest2dOp) {
      const { scale } = tensor.attributes as UpsampleNearest2dAttributes;
      starts.set(tensor, { tensor: tensor.inputs[0]!, scale });
    } else if (isLocal(tensor) && tensor.inputs[0]!.op !== oneHotOp) {
      if (tensor.op !== reluOp && tensor.op !== castToHalfOp) largest = Math.max(largest, sizeOf(tensor.shape)); // these happen on read or write
      const inputs = tensor.op === conv2dOp ? tensor.inputs.slice(0, 1) : tensor.inputs.filter(isMap);
      halo = reachOf(tensor) + Math.max(0, ...inputs.map(visit));
    } else {
      starts.set(tensor, { tensor, scale: 1 });
    }
    halos.set(tensor, halo);
    return halo;
  };
  const margin = Math.ceil(visit(end) / haloStep) * haloStep;
  return { starts, margin, largest };
}

/** Weights and scalars are not cut. */
function isMap(tensor: Tensor): boolean {
  return tensor.shape.length === 4 && tensor.shape[2]! * tensor.shape[3]! > 1;
}

/** Rows y … y + height − 1 and columns x … x + width − 1 of a map. */
interface Region {
  readonly y: number;
  readonly x: number;
  readonly height: number;
  readonly width: number;
}

/** The tensor by tiles, or undefined where it fits whole or is put together from tiles already. */
function tileSection(end: Tensor, limits: TileLimits): Tensor | undefined {
  const pool = end.op === maxPool2dOp ? (end.attributes as MaxPool2dAttributes).size : 1;
  const last = pool > 1 ? end.inputs[0]! : end;
  if (last.op === concatOp || !isLocal(last)) return undefined;
  const section = explore(last);
  if (section.largest <= limits.whole) return undefined;
  const { h, w } = gridOf(last.shape);
  const perPixel = section.largest / (h * w);
  const side = Math.floor((Math.sqrt(limits.tile / perPixel) - 2 * section.margin) / step) * step;
  if (side < step || h % step > 0 || w % step > 0) return undefined;
  const rows = cut(h, side).map(([y, height]) => {
    const tiles = cut(w, side).map(([x, width]) => makeTile(end, last, pool, section, { y, x, height, width }));
    return tiles.length > 1 ? concat(tiles, 3) : tiles[0]!;
  });
  return rows.length > 1 ? concat(rows, 2) : rows[0]!;
}

/** [first, count] of nearly equal parts, each a multiple of `step` and at most `side`. */
function cut(length: number, side: number): [number, number][] {
  const part = Math.ceil(length / Math.ceil(length / side) / step) * step;
  return Array.from({ length: Math.ceil(length / part) }, (_, i) => [i * part, Math.min(part, length - i * part)]);
}

/** The section on a region and its halo, and of its result the region. */
function makeTile(end: Tensor, last: Tensor, pool: number, { starts, margin }: Section, region: Region): Tensor {
  const { h, w } = gridOf(last.shape);
  const y = Math.max(0, region.y - margin);
  const x = Math.max(0, region.x - margin);
  const around: Region = {
    y,
    x,
    height: Math.min(h, region.y + region.height + margin) - y,
    width: Math.min(w, region.x + region.width + margin) - x,
  };
  const copies = new Map<Tensor, Tensor>();
  const copy = (tensor: Tensor): Tensor => {
    const known = copies.get(tensor);
    if (known) return known;
    const made = copyOne(tensor, starts, around, copy);
    copies.set(tensor, made);
    return made;
  };
  const result = copy(last);
  const pooled = pool > 1 ? apply(end.op, [result], end.attributes) : result;
  return takeRegion(pooled, { y: region.y - y, x: region.x - x, height: region.height, width: region.width }, pool);
}

function copyOne(
  tensor: Tensor,
  starts: ReadonlyMap<Tensor, Start>,
  around: Region,
  copy: (tensor: Tensor) => Tensor,
): Tensor {
  const start = starts.get(tensor);
  if (start) {
    const part = takeRegion(start.tensor, around, start.scale);
    return start.scale > 1 ? apply(tensor.op, [part], tensor.attributes) : part;
  }
  const inputs = tensor.inputs.map((input, index) => {
    return isMap(input) && !(tensor.op === conv2dOp && index > 0) ? copy(input) : input;
  });
  if (tensor.op !== sliceOp) return apply(tensor.op, inputs, tensor.attributes);
  const { begin } = tensor.attributes as { begin: readonly number[] };
  return slice(inputs[0]!, begin, [tensor.shape[0]!, tensor.shape[1]!, around.height, around.width]);
}

/** The region of a map that is `scale` times smaller than the region's own. */
function takeRegion(tensor: Tensor, { y, x, height, width }: Region, scale: number): Tensor {
  const [batch, channels] = tensor.shape as [number, number];
  const size = [batch, channels, height / scale, width / scale];
  if (size.every((length, axis) => length === tensor.shape[axis])) return tensor;
  return slice(tensor, [0, 0, y / scale, x / scale], size);
}
