/**
 * Checks of arguments at the doors of the library: callers without types pass anything, and are told what was wanted
 * and what came in its place. Nothing here calls what it was given, or makes anything as large as it says it is. Pure.
 */
import { UsageError } from './errors.ts';

/** What a value is, in a few words: `null`, `a number (NaN)`, `a Uint8Array of 12`, `an HTMLCanvasElement`. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return `a text of ${value.length} letters`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object') return `a ${typeof value} (${String(value).slice(0, 40)})`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `a ${nameOf(value)} of ${'length' in value ? value.length : value.byteLength}`;
  const name = nameOf(value);
  return `${/^[AEIOUH]/.test(name) ? 'an' : 'a'} ${name}`;
}

/** What `Object.prototype.toString` calls it: that of a canvas, a FileList, a Blob or a Map says so. */
function nameOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1).slice(0, 40);
}

/** UsageError `E_ARGUMENT`. `advice` is a sentence of its own. */
export function argumentError(where: string, wanted: string, value: unknown, advice = ''): UsageError {
  const end = advice && ` ${advice}`;
  const caller = typeof where === 'string' ? where : 'dalle-gl';
  return new UsageError('E_ARGUMENT', `${caller}: wanted ${wanted}, got ${describeValue(value)}.${end}`);
}

/** Throws UsageError `E_ARGUMENT` unless it is an object, and no list. */
export function checkObject(where: string, name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)) return;
  throw argumentError(where, `${name}, an object`, value);
}

export function checkText(where: string, name: string, value: unknown): void {
  if (typeof value !== 'string') throw argumentError(where, `${name}, a text`, value);
}

export function checkFunction(where: string, name: string, value: unknown): void {
  if (typeof value !== 'function') throw argumentError(where, `${name}, a function`, value);
}

export function checkNumber(where: string, name: string, value: unknown): void {
  if (typeof value !== 'number') throw argumentError(where, `${name}, a number`, value);
}

/** An array, or numbers in a typed array of a kind that holds them exactly. */
export function checkList(where: string, name: string, value: unknown): void {
  if (Array.isArray(value) || isNumericView(value)) return;
  throw argumentError(where, `${name}, a list`, value);
}

/** A list in which every entry passes; holes of sparse arrays are `undefined`. */
export function checkEach(
  where: string,
  name: string,
  wanted: string,
  value: unknown,
  passes: (entry: unknown) => boolean,
): void {
  checkList(where, name, value);
  // A typed array whose buffer was handed on has no entries, and fails whoever walks over it.
  if (ArrayBuffer.isView(value) && value.byteLength === 0) throw argumentError(where, `${name}, a list`, value);
  const list = value as ArrayLike<unknown>;
  for (let at = 0; at < list.length; at++) {
    if (!passes(list[at])) throw argumentError(where, `${name}[${at}], ${wanted}`, list[at]);
  }
}

/** A short list of numbers: a shape, or one number an axis. */
export function checkNumbers(where: string, name: string, value: unknown): void {
  checkEach(where, name, 'a number', value, (entry) => typeof entry === 'number');
}

function isNumericView(value: unknown): boolean {
  if (!ArrayBuffer.isView(value) || value instanceof DataView) return false;
  return !(value instanceof BigInt64Array || value instanceof BigUint64Array);
}

/** A typed array of one of these kinds. */
export function checkView(
  where: string,
  name: string,
  value: unknown,
  kinds: readonly (new (length: number) => object)[],
): void {
  if (kinds.some((Kind) => value instanceof Kind)) return;
  throw argumentError(where, `${name}, a ${kinds.map(({ name }) => name).join(' or ')}`, value);
}
