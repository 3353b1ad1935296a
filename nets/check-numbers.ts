/**
 * What the dVAE is given, checked before anything is made for it: a shape of four or three sizes within bounds, and as
 * many numbers as it says, of the right kind. One pass over the numbers.
 */
import { argumentError, checkNumbers } from '../base/check-argument.ts';
import { DalleError, ShapeError } from '../base/errors.ts';

/** As many pixels as a picture may have, see `MAX_PIXELS`; and batches no more. */
const MOST_PIXELS = 64_000_000;
/** In pixels, as of a picture: what plans a strip goes through it tile by tile, and would not come back. */
const MOST_SIDE = 65_535;

const advice =
  'Pixels of a picture come from toPixels(picture), and a picture from loadImage, or, for a canvas, from ' +
  'pictureFromRgba(imageData.data, width, height).';

interface Numbers {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

/**
 * Throws ShapeError `E_SHAPE` unless the named sizes are positive, whole, and no more pixels than a picture may have.
 */
export function checkSizes(where: string, shape: readonly number[], names: string, pixelsEach: number): void {
  checkNumbers(where, 'shape', shape);
  const rank = names.split(',').length;
  const sizes = Array.from(shape);
  const places = rank === 4 ? sizes[0]! * sizes[2]! * sizes[3]! : sizes.reduce((product, size) => product * size, 1);
  const fits = sizes.length === rank && sizes.every((size) => Number.isSafeInteger(size) && size > 0);
  const side = Math.max(...sizes.slice(-2)) * Math.sqrt(pixelsEach);
  if (fits && places * pixelsEach <= MOST_PIXELS && side <= MOST_SIDE) return;
  const bound = fits ? `, of ${MOST_PIXELS / 1e6} million pixels and 65,535 pixels a side at most` : '';
  throw new ShapeError(
    'E_SHAPE',
    `${where}: the shape must be [${names}]${bound}, got [${sizes.slice(0, 8).join(', ')}].`,
  );
}

/** Throws UsageError `E_ARGUMENT` for what is no `{ data, shape }`, and ShapeError `E_SHAPE` where they do not fit. */
export function checkNumbersGiven(where: string, given: Numbers, names: string, pixelsEach: number): void {
  const isView = ArrayBuffer.isView(given);
  if (isView || typeof given !== 'object' || given === null || !('shape' in given && 'data' in given)) {
    throw argumentError(where, `{ data, shape } with numbers [${names}]`, given, advice);
  }
  const { data, shape } = given;
  if (!Array.isArray(shape) && !ArrayBuffer.isView(shape)) throw argumentError(where, `shape, [${names}]`, shape);
  checkSizes(where, shape, names, pixelsEach);
  if (!Array.isArray(data) && !ArrayBuffer.isView(data)) throw argumentError(where, 'data, numbers', data, advice);
  const wanted = Array.from(shape).reduce((product, size) => product * size, 1);
  if (data.length === wanted) return;
  throw new ShapeError(
    'E_SHAPE',
    `${where}: the shape [${shape.join(', ')}] needs ${wanted} numbers, got ${data.length}. ` +
      'Is the data of another picture, or was its buffer handed to a worker?',
  );
}

/** Numbers that are fractions: bytes in their place would be taken for something else, quietly. */
function checkFractions(where: string, what: string, data: ArrayLike<number>): void {
  const isFractional = data instanceof Float32Array || data instanceof Float64Array || Array.isArray(data);
  if (!isFractional)
    throw argumentError(where, `${what} as a Float32Array`, data, `Bytes are divided by 255 first. ${advice}`);
}

/** Throws DalleError `E_NOT_FINITE` for NaN, ShapeError `E_PIXEL_RANGE` for a pixel outside 0 … 1. */
export function checkPixels(where: string, data: ArrayLike<number>): void {
  checkFractions(where, 'pixels', data);
  for (let at = 0; at < data.length; at++) {
    const value = data[at]!;
    if (value >= 0 && value <= 1) continue;
    if (!Number.isFinite(value)) throw notFinite(where, 'pixel', value, at);
    throw new ShapeError(
      'E_PIXEL_RANGE',
      `${where}: pixels lie within 0 … 1, and the number at position ${at} is ${value}. ` +
        'Divide bytes by 255, bring -1 … 1 to 0 … 1, and clamp what a filter has overshot.',
    );
  }
}

/** Throws DalleError `E_NOT_FINITE` for a score that is none. */
export function checkScores(where: string, data: ArrayLike<number>): void {
  checkFractions(where, 'distributions', data);
  for (let at = 0; at < data.length; at++)
    if (!Number.isFinite(data[at])) throw notFinite(where, 'number', data[at], at);
}

function notFinite(where: string, what: string, value: unknown, at: number): DalleError {
  return new DalleError(
    'E_NOT_FINITE',
    `${where}: the ${what} at position ${at} is ${String(value)}. Look where the numbers were made: nothing can be ` +
      'computed of NaN or Infinity.',
  );
}
