/**
 * Options that stand at many doors of the library and mean the same at each: checked by their names, so that a wrong
 * one is told of before anything is done, and not where it is first used. What is `undefined` was left out. Pure.
 */
import { argumentError, checkObject } from './check-argument.ts';

interface OptionKind {
  readonly wanted: string;
  readonly fits: (value: unknown) => boolean;
}

const aFunction: OptionKind = { wanted: 'a function', fits: (value) => typeof value === 'function' };
const aBoolean: OptionKind = { wanted: 'true or false', fits: (value) => typeof value === 'boolean' };
const aText: OptionKind = { wanted: 'a text', fits: (value) => typeof value === 'string' };
const aLimit: OptionKind = { wanted: 'a positive number', fits: (value) => typeof value === 'number' && value > 0 };
const aCount: OptionKind = {
  wanted: 'a whole number from 0 on',
  fits: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
};
const aSignal: OptionKind = { wanted: 'an AbortSignal', fits: isAbortSignal };
/** What runs look at: an `AbortSignal`, or anything with its two words. */
const aWishToStop: OptionKind = { wanted: 'an AbortSignal', fits: (value) => isFlag(value) };

const kinds: Readonly<Record<string, OptionKind>> = {
  signal: aSignal,
  onProgress: aFunction,
  onBytes: aFunction,
  verify: aBoolean,
  force: aBoolean,
  dryRun: aBoolean,
  truncate: aBoolean,
  imageEvery: aCount,
  maxBytes: aLimit,
  stallMs: aLimit,
  timeoutMs: aLimit,
  cache: aText,
};

/** Throws UsageError `E_ARGUMENT` unless it is an object whose options of these names are what they should be. */
export function checkOptions(where: string, options: unknown): void {
  checkKinds(where, options, kinds);
}

/** The same for a run on a device. */
export function checkRunOptions(where: string, options: unknown): void {
  checkKinds(where, options, { signal: aWishToStop, onProgress: aFunction });
}

function checkKinds(where: string, options: unknown, kinds: Readonly<Record<string, OptionKind>>): void {
  checkObject(where, 'options', options);
  const given = options as Readonly<Record<string, unknown>>;
  for (const [name, { wanted, fits }] of Object.entries(kinds)) {
    const value = given[name];
    if (value !== undefined && !fits(value)) throw argumentError(where, `${name}, ${wanted}`, value);
  }
}

function isFlag(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'aborted' in value && typeof value.aborted === 'boolean';
}

/** One of another window is one too. */
function isAbortSignal(value: unknown): boolean {
  return isFlag(value) && Object.prototype.toString.call(value) === '[object AbortSignal]';
}
