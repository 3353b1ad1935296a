/**
 * Checks of arguments that several ops share. Each throws a ShapeError whose first word is the function a person
 * called: `E_SHAPE` for tensors, `E_DTYPE` for their types, `E_ATTRIBUTE` for numbers.
 */
import { checkNumber, checkObject } from '../base/check-argument.ts';
import { ShapeError } from '../base/errors.ts';
import { formatShape } from '../engine/index.ts';
import type { Shape, TensorType } from '../engine/index.ts';

/** The four sizes of a batch of images. Throws `E_SHAPE` for any other rank. */
export function imageShape(where: string, { shape }: TensorType): [batch: number, c: number, h: number, w: number] {
  if (shape.length !== 4) {
    throw new ShapeError('E_SHAPE', `${where}: x must be images [B, C, H, W], got ${formatShape(shape)}.`);
  }
  return shape as unknown as [number, number, number, number];
}

/** Throws `E_ATTRIBUTE` unless `value` is a whole number of at least `least`. */
export function checkWholeNumber(where: string, name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new ShapeError('E_ATTRIBUTE', `${where}: ${name} must be a whole number of at least ${least}, got ${value}.`);
  }
}

/** Throws `E_ATTRIBUTE` unless there is a whole number of at least `least` for each axis of `shape`. */
export function checkPerAxis(
  where: string,
  name: string,
  values: readonly number[],
  shape: Shape,
  least: number,
): void {
  if (values.length !== shape.length) {
    throw new ShapeError(
      'E_ATTRIBUTE',
      `${where}: ${name} must have a number for each axis of ${formatShape(shape)}, got ${formatShape(values)}.`,
    );
  }
  values.forEach((value, axis) => checkWholeNumber(where, `${name}[${axis}]`, value, least));
}

/**
 * Throws UsageError `E_ARGUMENT` or ShapeError `E_ATTRIBUTE` unless each of these attributes is a whole number of at
 * least `least`.
 */
export function checkCounts<Name extends string>(
  where: string,
  attributes: Readonly<Record<Name, number>>,
  names: readonly Name[],
  least = 1,
): void {
  checkObject(where, 'attributes', attributes);
  for (const name of names) {
    checkNumber(where, name, attributes[name]);
    checkWholeNumber(where, name, attributes[name], least);
  }
}

/** Throws `E_DTYPE` unless the numbers that count rows or classes are whole by their type. */
export function checkIndices(where: string, { dtype }: TensorType): void {
  if (dtype !== 'i32') {
    throw new ShapeError(
      'E_DTYPE',
      `${where}: indices must have dtype i32, got ${dtype}. Give whole numbers as tensor(data, shape, 'i32').`,
    );
  }
}
