/**
 * Shapes: sizes of dimensions, outermost first, as in PyTorch and NumPy. Row-major order throughout.
 * Pure arithmetic; the rules of single ops live with the ops.
 */
import { checkNumber, checkNumbers, checkObject, checkText, describeValue } from '../base/check-argument.ts';
import { ShapeError } from '../base/errors.ts';

/** Sizes of the axes, the outermost first. */
export type Shape = readonly number[];

/** What the engine computes with. `i32` values are whole numbers kept exactly in fp32, so below 2²⁴ in magnitude. */
export type DType = 'f32' | 'f16' | 'i32';

/** A shape and the kind of its numbers. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Rows of a state that are drawn anew. */
export interface Rows {
  readonly first: number;
  readonly count: number;
}

/** An op: its name, its shape rule, its float64 loop, and what draws it. */
/** Number of elements. */
export function sizeOf(shape: Shape): number {
  checkNumbers('sizeOf', 'shape', shape);
  return shape.reduce((product, size) => product * size, 1);
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  checkNumbers('stridesOf', 'shape', shape);
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, stride = 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** Whether two shapes are equal. */
export function sameShape(a: Shape, b: Shape): boolean {
  for (const shape of [a, b]) checkNumbers('sameShape', 'shape', shape);
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** A shape in words: `[1, 3, 8, 8]`. */
export function formatShape(shape: Shape): string {
  checkNumbers('formatShape', 'shape', shape);
  return `[${shape.join(', ')}]`;
}

/** Throws `E_SHAPE` unless every size is a positive whole number and the rank is at most 4. */
export function checkShape(where: string, shape: Shape): void {
  checkText('checkShape', 'where', where);
  checkNumbers(where, 'shape', shape);
  if (shape.length > 4 || !shape.every((size) => Number.isSafeInteger(size) && size > 0)) {
    throw new ShapeError(
      'E_SHAPE',
      `${where}: a shape is up to four positive whole numbers, got ${formatShape(shape)}. ` +
        'Empty tensors and ranks above 4 are not supported; merge dimensions with reshape.',
    );
  }
}

/** A possibly negative axis as a position in `rank` dimensions. Throws `E_ATTRIBUTE`. */
export function resolveAxis(where: string, axis: number, rank: number): number {
  checkText('resolveAxis', 'where', where);
  checkNumber(where, 'axis', axis);
  checkNumber(where, 'rank', rank);
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    throw new ShapeError('E_ATTRIBUTE', `${where}: axis must be within [${-rank}, ${rank - 1}], got ${axis}.`);
  }
  return resolved;
}

/** NumPy's broadcasting: shapes are aligned at their last dimension, and sizes must be equal or 1. Throws `E_SHAPE`. */
export function broadcastShapes(where: string, a: Shape, b: Shape): number[] {
  checkText('broadcastShapes', 'where', where);
  for (const shape of [a, b]) checkNumbers(where, 'shape', shape);
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const p = a[axis - rank + a.length] ?? 1;
    const q = b[axis - rank + b.length] ?? 1;
    if (p !== q && p !== 1 && q !== 1) {
      throw new ShapeError(
        'E_SHAPE',
        `${where}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast: dimension ${axis} is ${p} in one ` +
          `and ${q} in the other. Sizes must be equal or 1, counted from the last dimension.`,
      );
    }
    return Math.max(p, q);
  });
}

/** Throws UsageError `E_ARGUMENT` or ShapeError `E_SHAPE`, `E_DTYPE` unless it is a shape with a dtype. */
export function checkType(where: string, type: TensorType): void {
  checkObject(where, 'type', type);
  checkShape(where, type.shape);
  checkDType(where, type.dtype);
}

export function checkDType(where: string, dtype: unknown): void {
  if (dtype === 'f32' || dtype === 'f16' || dtype === 'i32') return;
  throw new ShapeError('E_DTYPE', `${where}: a dtype is f32, f16 or i32, got ${describeValue(dtype)}.`);
}
