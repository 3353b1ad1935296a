/**
 * Which axes a reduction removes and what shape is left, as PyTorch's `dim` and `keepdim`.
 * Shared by sum, mean, max and argmax.
 */
import { ShapeError } from '../../base/errors.ts';
import { resolveAxis, stridesOf } from '../../engine/index.ts';
import type { Shape } from '../../engine/index.ts';
import type { View } from '../strided.ts';

export interface ReducedAxes {
  /** Ascending, each once, none negative. */
  readonly axes: readonly number[];
  /** Whether a reduced axis stays, with size 1. */
  readonly keepDims: boolean;
}

/** Axes as given, negative ones counted from the last; all of them where none are given. Throws `E_ATTRIBUTE`. */
export function resolveAxes(where: string, axes: readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const resolved = Array.from(axes, (axis) => resolveAxis(where, axis, rank)).sort((a, b) => a - b);
  if (new Set(resolved).size < resolved.length) {
    throw new ShapeError('E_ATTRIBUTE', `${where}: axes must differ from each other, got [${axes.join(', ')}].`);
  }
  return resolved;
}

export function reduceShape(shape: Shape, { axes, keepDims }: ReducedAxes): number[] {
  return keepDims
    ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** The result as it is walked together with the input: a reduced axis stays at one element. */
export function viewResult(shape: Shape, axes: readonly number[]): View {
  const strides = stridesOf(reduceShape(shape, { axes, keepDims: true }));
  return { start: 0, strides: strides.map((stride, axis) => (axes.includes(axis) ? 0 : stride)) };
}
