/** Rectangles of maps: how a map is cut into tiles, how a tile grows by its halo, and the slice that takes one. */
import type { Tensor } from '../../engine/index.ts';
import { slice } from '../slice/slice.ts';

/** Rows or columns of a map. */
export interface Span {
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

/** The span and what lies up to `reach` beyond it, beginning and ending at multiples of `step` or at the map's edge. */
export function widen({ first, count }: Span, reach: number, length: number, step: number): Span {
  const begin = Math.max(0, Math.floor((first - reach) / step) * step);
  const end = Math.min(length, Math.ceil((first + count + reach) / step) * step);
  return { first: begin, count: end - begin };
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
