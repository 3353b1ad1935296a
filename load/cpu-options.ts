/** How a CPU device is opened, in Node and in browsers alike. */
import { argumentError, checkEach } from '../base/check-argument.ts';
import type { CpuChoice } from '../engine/index.ts';
import { checkWebAssembly } from '../engine/cpu/web-assembly.ts';

/** How the CPU device computes. */
export interface CpuOptions {
  /** How many threads, 1 to 256 [as many as the process may use]. The numbers do not depend on it. */
  readonly threads?: number;
  /** Whether products are rounded before they are added, or may not be, which changes the last bits [plain]. */
  readonly multiplyAdd?: CpuChoice['multiplyAdd'];
  /** Rewrite rules to leave out of every plan, by name [none]. */
  readonly without?: readonly string[];
}

/** What `threads` may be. */
export const mostThreads = 256;

/**
 * Throws UsageError `E_ARGUMENT` for options that mean nothing, ContextError `E_WASM_*` where WebAssembly cannot do
 * what is wanted.
 */
export function checkCpuOptions(where: string, { threads, multiplyAdd, without }: CpuOptions): void {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= mostThreads)) {
    throw argumentError(where, `threads, a whole number from 1 to ${mostThreads}`, threads);
  }
  if (multiplyAdd !== undefined && multiplyAdd !== 'plain' && multiplyAdd !== 'relaxed') {
    throw argumentError(where, 'multiplyAdd, plain or relaxed', multiplyAdd);
  }
  if (without !== undefined) {
    checkEach(where, 'without', 'the name of a rewrite', without, (name) => typeof name === 'string');
  }
  checkWebAssembly(where, multiplyAdd);
}
