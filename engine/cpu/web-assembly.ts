/**
 * What WebAssembly can do here, found by asking it with the smallest modules: whether it is allowed at all, and which
 * of its extensions there are. Follows its core specification, "Binary Format", and the relaxed SIMD proposal.
 */
import { ContextError } from '../../base/errors.ts';
import type { CpuChoice } from '../kernel-choice.ts';

/** What there is of WebAssembly. */
export interface WebAssemblyFacts {
  /** Instructions on four floats at once: without them the device does not open. */
  readonly simd: boolean;
  /** A multiply-add that rounds once, where the processor has one. */
  readonly relaxed: boolean;
}

/** Magic number and version. */
const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** One function () → v128, and the beginning of its code. */
const function128 = [1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0];
const zero128 = [0x41, 0, 0xfd, 0x0f]; // i32.const 0, i8x16.splat
const end = 0x0b;

/** A module whose only function is this code. */
function moduleOf(code: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = [0, ...code, end];
  return Uint8Array.from([...header, ...function128, 0x0a, body.length + 2, 1, body.length, ...body]);
}

const simdModule = moduleOf([...zero128, 0xfd, 0x62]); // i8x16.popcnt
const relaxedModule = moduleOf([...zero128, ...zero128, ...zero128, 0xfd, 0x85, 2]); // f32x4.relaxed_madd

/** Both are false where there is no WebAssembly. */
export function lookAtWebAssembly(): WebAssemblyFacts {
  const has = (module: Uint8Array<ArrayBuffer>): boolean => {
    return typeof WebAssembly !== 'undefined' && WebAssembly.validate(module);
  };
  return { simd: has(simdModule), relaxed: has(relaxedModule) };
}

/**
 * Throws ContextError where the CPU device cannot be: `E_WASM_MISSING`, `E_WASM_BLOCKED` (a page's Content Security
 * Policy), `E_WASM_SIMD`, and `E_WASM_RELAXED` where relaxed multiply-add is wanted and there is none.
 */
export function checkWebAssembly(where: string, multiplyAdd: CpuChoice['multiplyAdd'] = 'plain'): void {
  if (typeof WebAssembly === 'undefined') {
    throw new ContextError(
      'E_WASM_MISSING',
      `${where}: the CPU device computes by WebAssembly, and there is none here. It was turned off, as by node --jitless ` +
        "or a browser's strictest mode: turn it on, or open { device: 'webgl' }.",
    );
  }
  try {
    new WebAssembly.Module(Uint8Array.from(header));
  } catch (cause) {
    throw new ContextError(
      'E_WASM_BLOCKED',
      `${where}: this page may not compile WebAssembly, by which the CPU device computes (${String(cause)}). Its Content ` +
        "Security Policy forbids it: let the server add 'wasm-unsafe-eval' to the script sources, as in the header " +
        "Content-Security-Policy: script-src 'self' 'wasm-unsafe-eval'. Or open { device: 'webgl' }.",
      { cause },
    );
  }
  const { simd, relaxed } = lookAtWebAssembly();
  if (!simd) throw simdError(where);
  if (multiplyAdd === 'relaxed' && !relaxed) throw relaxedError(where);
}

function simdError(where: string): ContextError {
  return new ContextError(
    'E_WASM_SIMD',
    `${where}: the CPU device computes by WebAssembly with SIMD, which this browser or processor lacks. Browsers have had ` +
      "it since 2021, Safari since 16.4: update, or open { device: 'webgl' }.",
  );
}

function relaxedError(where: string): ContextError {
  return new ContextError(
    'E_WASM_RELAXED',
    `${where}: relaxed multiply-add was wanted, and this Node or browser has no relaxed SIMD; Node has it from version 22 ` +
      "on. With { multiplyAdd: 'plain' } the last bits may differ from what was computed with it.",
  );
}
