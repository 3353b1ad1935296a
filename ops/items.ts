/** What the TypeScript side of many kernels of the CPU shares: how work is cut into items (engine/cpu/kernel.ts). */
import { sizeOf } from '../engine/index.ts';
import type { CpuOperand, Shape } from '../engine/index.ts';

/** A cut: so many items, each of so many units but for the last, which may have fewer. */
interface Cut {
  readonly items: number;
  readonly each: number;
}

const MOST_ITEMS = 4096;

/**
 * @param units rows, elements or whatever an item is made of
 * @param grain units that take a thread some 20 µs: what has fewer than two grains stays whole
 */
export function cutWork(units: number, grain: number): Cut {
  const items = Math.min(Math.max(1, Math.floor(units / Math.max(1, grain))), MOST_ITEMS);
  const each = Math.ceil(units / items);
  return { items: Math.ceil(units / each), each };
}

/** The same for elements: items begin at cache lines of 16, so that no two threads write to one. */
export function cutElements(elements: number, grain: number): Cut {
  const { items, each } = cutWork(Math.ceil(elements / 16), grain / 16);
  return { items, each: 16 * each };
}

/** Whether kernels of floats can read and write these. */
export function areFloats(operands: readonly CpuOperand[]): boolean {
  return operands.every(({ storage, type }) => storage === 'rows' && type.dtype !== 'i32');
}

/** The lines of a tensor along neighbouring axes, `first` to `last`. */
interface Lines {
  /** Lines where each lies in one stretch, else groups of four that lie side by side. */
  readonly units: number;
  /** Numbers in a line. */
  readonly size: number;
  /** Lines side by side, and numbers from one of a line to its next. */
  readonly inner: number;
  /** Numbers in a unit. */
  readonly perUnit: number;
}

export function linesAlong(shape: Shape, first: number, last: number): Lines {
  const [outer, size, inner] = [shape.slice(0, first), shape.slice(first, last + 1), shape.slice(last + 1)].map(sizeOf);
  if (inner === 1) return { units: outer!, size: size!, inner, perUnit: size! };
  return { units: outer! * Math.ceil(inner! / 4), size: size!, inner: inner!, perUnit: 4 * size! };
}
