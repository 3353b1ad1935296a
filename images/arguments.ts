/**
 * What callers without TypeScript hand over: a canvas, a path, `null`. Every public function of `images/` refuses that
 * by `E_ARGUMENT` and says what it wanted, before it would fail in the middle of something.
 *
 * Pure: runs in Node and in the browser.
 */
import { UsageError } from '../base/errors.ts';

/** Refuses (`E_ARGUMENT`) what is no `Uint8Array`; a Node `Buffer` is one. */
export function checkBytes(bytes: unknown, caller: string): asserts bytes is Uint8Array {
  if (bytes instanceof Uint8Array) return;
  throw wrongArgument(
    caller,
    'the bytes of a file as a Uint8Array',
    bytes,
    'Read the file first; of an ArrayBuffer make new Uint8Array(buffer), of a Blob await its arrayBuffer().',
  );
}

/** Refuses (`E_ARGUMENT`) options that are no object. */
export function checkOptions(options: unknown, caller: string): asserts options is object {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return;
  throw wrongArgument(caller, 'an object of options', options, 'Leave the argument out where there are none.');
}

/** Refuses (`E_ARGUMENT`) a limit that is no number of at least 1. `Infinity` is no limit. */
export function checkLimit(limit: unknown, option: string, caller: string): asserts limit is number {
  if (typeof limit === 'number' && limit >= 1) return;
  throw wrongArgument(caller, `a number of at least 1 as ${option}`, limit, 'Leave it out for the usual limit.');
}

/** Refuses (`E_ARGUMENT`) what is no compiled WebAssembly program. */
export function checkProgram(program: unknown, file: string, caller: string): asserts program is WebAssembly.Module {
  if (program instanceof WebAssembly.Module) return;
  const advice = 'Fetch or read the file, and await WebAssembly.compile(bytes) or compileStreaming(response).';
  throw wrongArgument(caller, `${file} as a compiled WebAssembly.Module`, program, advice);
}

/** Refuses (`E_ARGUMENT`) what is no string. */
export function checkText(text: unknown, what: string, caller: string): asserts text is string {
  if (typeof text === 'string') return;
  throw wrongArgument(caller, `${what} as a string`, text, 'A value of another kind was probably passed by mistake.');
}

export function wrongArgument(caller: string, wanted: string, got: unknown, advice: string): UsageError {
  return new UsageError('E_ARGUMENT', `${caller}: wanted ${wanted}, but got ${describeValue(got)}. ${advice}`);
}

/** A few words for any value: `null`, `7`, `"cat.png"`, `an ArrayBuffer`. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) {
    return String(value);
  }
  if (typeof value !== 'object') return `a ${typeof value}`;
  const { constructor } = value;
  return typeof constructor === 'function' && constructor.name !== '' ? `an object (${constructor.name})` : 'an object';
}
