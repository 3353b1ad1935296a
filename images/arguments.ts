/**
 * Arguments that only functions of `images/` take. What callers without TypeScript hand over, a canvas, a path, `null`,
 * is refused by `E_ARGUMENT` before it would fail in the middle of something.
 *
 * Pure: runs in Node and in the browser.
 */
import { argumentError, describeValue } from '../base/check-argument.ts';

/** Refuses (`E_ARGUMENT`) what is no `Uint8Array`; a Node `Buffer` is one. */
export function checkBytes(caller: string, bytes: unknown): void {
  if (bytes instanceof Uint8Array) return;
  const advice = 'Read the file first; of an ArrayBuffer make new Uint8Array(buffer), of a Blob await arrayBuffer().';
  throw argumentError(caller, 'the bytes of a file, a Uint8Array', bytes, advice);
}

/** Refuses (`E_ARGUMENT`) a limit that is no number of at least 1. `Infinity` is no limit. */
export function checkLimit(caller: string, name: string, limit: unknown): void {
  if (typeof limit === 'number' && limit >= 1) return;
  throw argumentError(caller, `${name}, a number of at least 1`, limit, 'Leave it out for the usual limit.');
}

/** Refuses (`E_ARGUMENT`) what is no compiled WebAssembly program. */
export function checkProgram(caller: string, file: string, program: unknown): void {
  if (program instanceof WebAssembly.Module) return;
  const advice = 'Fetch or read the file, and await WebAssembly.compile(bytes) or compileStreaming(response).';
  throw argumentError(caller, `${file}, a compiled WebAssembly.Module`, program, advice);
}

/** A number as it is, anything else in words. */
export function showValue(value: unknown): string {
  return typeof value === 'number' ? String(value) : describeValue(value);
}
