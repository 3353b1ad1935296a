/**
 * The walk that reference loops of shape-changing ops are made of: two row-major arrays, or parts of them, visited
 * together. A stride of 0 stays at one element, which is what a reduced or repeated axis does.
 */
import type { Shape } from '../engine/index.ts';

/** A part of an array: its first element and, for each axis of the walk, the distance to the next one. */
export interface View {
  readonly start: number;
  readonly strides: readonly number[];
}

/** Calls `visit` with both positions for every index below `shape` (rank 0 to 4), in row-major order. */
export function visitTogether(shape: Shape, a: View, b: View, visit: (inA: number, inB: number) => void): void {
  const toFour = (values: readonly number[], filler: number): number[] => [
    ...new Array<number>(4 - values.length).fill(filler),
    ...values,
  ];
  const [sizeI, sizeJ, sizeK, sizeL] = toFour(shape, 1) as [number, number, number, number];
  const [aI, aJ, aK, aL] = toFour(a.strides, 0) as [number, number, number, number];
  const [bI, bJ, bK, bL] = toFour(b.strides, 0) as [number, number, number, number];
  for (let i = 0; i < sizeI; i++) {
    for (let j = 0; j < sizeJ; j++) {
      for (let k = 0; k < sizeK; k++) {
        const inA = a.start + i * aI + j * aJ + k * aK;
        const inB = b.start + i * bI + j * bJ + k * bK;
        for (let l = 0; l < sizeL; l++) visit(inA + l * aL, inB + l * bL);
      }
    }
  }
}

/** Position of an index in an array of these strides. */
export function positionOf(index: readonly number[], strides: readonly number[]): number {
  return index.reduce((sum, value, axis) => sum + value * strides[axis]!, 0);
}
