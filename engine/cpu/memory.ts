/** The linear memory of the CPU device: how it grows, and how kernels are told which kind it is. */
import { MemoryError } from '../../base/errors.ts';

/** WebAssembly counts memory in pages. */
export const PAGE = 65536;

/** Throws MemoryError `E_MEMORY` where the system has no more. */
export function growTo(memory: WebAssembly.Memory, bytes: number): void {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch (cause) {
    const { byteLength } = memory.buffer;
    throw new MemoryError(
      'E_MEMORY',
      `the CPU device: its memory could not grow from ${byteLength} to ${bytes} bytes, the system has no more. ` +
        `Close other programs, or use a smaller picture or batch, or weights in halves.`,
      { cause },
    );
  }
}

/** How a module names the memory that it imports, and that it is a memory. */
const IMPORT = [3, ...bytesOf('env'), 6, ...bytesOf('memory'), 2];
/** The limits that follow: a least and a most number of pages, of memory that is shared between threads or is not. */
const LIMITS = { apart: 1, shared: 3 } as const;

function bytesOf(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

/**
 * The same module for memory that threads share, or for one of a single thread: one bit tells which, and everything
 * else is equal, so that one file serves both.
 */
export function setShared(module: Uint8Array, shared: boolean): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(module);
  const at = copy.findIndex((_, start) => IMPORT.every((byte, index) => copy[start + index] === byte));
  const limits = copy[at + IMPORT.length];
  if (at < 0 || (limits !== LIMITS.apart && limits !== LIMITS.shared)) {
    throw new Error('cpu: kernels.wasm imports no memory. Build it again: npm run build:kernels');
  }
  copy[at + IMPORT.length] = shared ? LIMITS.shared : LIMITS.apart;
  return copy;
}
