/** Rectangles of maps: how a map is cut into tiles, how a tile grows by its halo, and the slice that takes one. */
import type { Tensor } from '../../engine/index.ts';
import { slice } from '../slice/slice.ts';

/** Rows or columns of a map. */
interface Span {
  readonly first: number;
  readonly count: number;
}

export interface Region {
  readonly y: Span;
  readonly x: Span;
}

/** The ways to cut a length into nearly equal parts, each a multiple of `step` but for the last. */
export function listCuts(length: number, step: number): Span[][] {
  const parts = Array.from({ length: Math.ceil(length / step) }, (_, i) => Math.ceil(length / (i + 1) / step) * step);
  return [...new Set(parts)].map((part) =>
    Array.from({ length: Math.ceil(length / part) }, (_, i) => ({
      first: i * part,
      count: Math.min(part, length - i * part),
    })),
  );
}

/** Rows or columns of a tile's result, and those that it computes for them. */
export interface Tile {
  readonly span: Span;
  readonly window: Span;
}

/** The same of both axes. */
export interface TileRegion {
  readonly region: Region;
  readonly around: Region;
}

/** Where windows may begin: at multiples of `begin`; and end: when they are multiples of `size` long. */
interface WindowSteps {
  readonly begin: number;
  readonly size: number;
}

/**
 * What tiles compute so that their spans come out right: what lies up to `reach` beyond, beginning and ending at
 * multiples of a step or at the map's edge. All are as long as the longest must be: tiles of one size are made by the
 * same programs, in the same textures. A single span is given the length that the spans inside a map need.
 */
export function findWindows(spans: readonly Span[], reach: number, length: number, steps: WindowSteps): Tile[] {
  const step = steps.begin;
  const down = (value: number): number => Math.max(0, Math.floor(value / step) * step);
  const up = (value: number): number => Math.min(length, Math.ceil(value / step) * step);
  const needed = spans.map(({ first, count }) => ({ begin: down(first - reach), end: up(first + count + reach) }));
  const least =
    spans.length > 1
      ? Math.max(...needed.map(({ begin, end }) => end - begin))
      : up(spans[0]!.count + 2 * reach + step - 1);
  const size = Math.min(length, Math.ceil(least / steps.size) * steps.size);
  return needed.map(({ begin, end }, index) => {
    const first = Math.min(begin, down(length - size));
    const last = Math.max(end, Math.min(first + size, length));
    return { span: spans[index]!, window: { first, count: last - first } };
  });
}

/** Pixels along the axis that the longest tile computes, and that all of them do. */
export function largestWindow(tiles: readonly Tile[]): number {
  return Math.max(...tiles.map(({ window }) => window.count));
}

export function sumWindows(tiles: readonly Tile[]): number {
  return tiles.reduce((sum, { window }) => sum + window.count, 0);
}

export function pairUp(y: Tile, x: Tile): TileRegion {
  return { region: { y: y.span, x: x.span }, around: { y: y.window, x: x.window } };
}

/** The region as counted from the beginning of another that holds it. */
export function moveInto({ y, x }: Region, around: Region): Region {
  return { y: { ...y, first: y.first - around.y.first }, x: { ...x, first: x.first - around.x.first } };
}

/** The same region of a map that is `factor` times as large. */
export function resize({ y, x }: Region, factor: number): Region {
  const multiply = ({ first, count }: Span): Span => ({ first: first * factor, count: count * factor });
  return { y: multiply(y), x: multiply(x) };
}

export function takeRegion(tensor: Tensor, { y, x }: Region): Tensor {
  const [batch, channels] = tensor.shape as [number, number];
  const size = [batch, channels, y.count, x.count];
  if (size.every((length, axis) => length === tensor.shape[axis])) return tensor;
  return slice(tensor, [0, 0, y.first, x.first], size);
}
