/**
 * Between the grid [N, C, H, W] in which shaders count and the logical indices of a tensor of rank 0 to 4, as GLSL.
 * It follows gridOf in engine/gl/layout.ts: rank 4 is NCHW; lower ranks have their last axis as C, the one before as W,
 * the first of three as N. An index is any int expression; put parentheses around one with operators of its own.
 */
import { checkList, checkNumber } from '../../base/check-argument.ts';
import { stridesOf } from '../../engine/index.ts';
import type { Shape } from '../../engine/index.ts';
import { divide, modulo } from './accessors.ts';

/** Names of the grid coordinates that are the logical indices of a tensor, outermost first: rank 3 → n, x, c. */
export function logicalIndices(rank: number): string[] {
  checkNumber('logicalIndices', 'rank', rank);
  return rank === 4 ? ['n', 'c', 'y', 'x'] : ['n', 'x', 'c'].slice(3 - rank);
}

/** The axis whose elements lie four a texel, or -1 for a scalar, which has none. */
export function channelAxis(rank: number): number {
  return logicalIndices(rank).indexOf('c');
}

/** Logical indices of an element as the arguments `n, c, y, x` of the operand's `_at`. */
export function gridArguments(indices: readonly string[]): string {
  checkList('gridArguments', 'indices', indices);
  const names = logicalIndices(indices.length);
  return ['n', 'c', 'y', 'x'].map((coordinate) => indices[names.indexOf(coordinate)] ?? '0').join(', ');
}

/** The same for `_pixel`, with `quad` in the place of the channel: `n, quad, y, x`. */
export function pixelArguments(indices: readonly string[], quad: string): string {
  const channel = channelAxis(indices.length);
  return gridArguments(indices.map((index, axis) => (axis === channel ? quad : index)));
}

/** Position of an element in the row-major array: `((i) * 5 + j) * 7 + k`. */
export function flatIndex(indices: readonly string[], shape: Shape): string {
  const [first = '0', ...others] = indices;
  return others.reduce((flat, index, axis) => `(${flat}) * ${shape[axis + 1]} + ${index}`, first);
}

/** The logical indices of the element at `flat` (a name) of the row-major array: flatIndex undone. */
export function indicesFromFlat(flat: string, shape: Shape): string[] {
  const strides = stridesOf(shape);
  return shape.map((size, axis) => {
    const outer = divide(flat, strides[axis]!);
    return axis === 0 ? outer : modulo(outer, size);
  });
}
