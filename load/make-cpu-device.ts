/** Opens the CPU device, wherever its kernels and its workers come from. */
import { ContextError } from '../base/errors.ts';
import { CpuDevice } from '../engine/index.ts';
import { setShared } from '../engine/cpu/memory.ts';
import type { StartWorker } from '../engine/cpu/messages.ts';
import { openWorkers } from '../engine/cpu/worker-runner.ts';
import { loops } from '../ops/cpu/loops.ts';

/** How the CPU device computes. */
export interface CpuOptions {
  /** How many threads [as many as the process may use]. */
  readonly threads?: number;
  /** Whether a product may be added without being rounded first, which is faster and changes last bits [plain]. */
  readonly multiplyAdd?: 'plain' | 'relaxed';
  /** Rewrite rules to leave out of every plan, by name [none]. */
  readonly without?: readonly string[];
}

/** What is different in Node and in browsers. */
export interface CpuSurroundings {
  /** Bytes of a file beside ops/cpu/. */
  readKernels(file: 'kernels.wasm' | 'kernels-relaxed.wasm'): Promise<Uint8Array>;
  /** Whether threads may share memory; if not there is one. */
  readonly isShared: boolean;
  readonly threads: number;
  readonly start: StartWorker;
}

/** @throws ContextError `E_WASM` where WebAssembly is blocked or too old, `E_WORKER` where threads cannot be had */
export async function makeCpuDevice(
  { readKernels, isShared, threads, start }: CpuSurroundings,
  { multiplyAdd = 'plain', without = [] }: CpuOptions,
): Promise<CpuDevice> {
  const bytes = await readKernels(multiplyAdd === 'relaxed' ? 'kernels-relaxed.wasm' : 'kernels.wasm');
  const module = await compileKernels(setShared(bytes, isShared));
  const runner = await openWorkers({ module, isShared, threads: isShared ? threads : 1, start, loops });
  return new CpuDevice({ kernels: { multiplyAdd, without }, runner });
}

async function compileKernels(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new ContextError(
      'E_WASM',
      'open: the CPU device could not compile its kernels. A page whose Content-Security-Policy names script-src must ' +
        "add 'wasm-unsafe-eval' to it; a runtime must know WebAssembly SIMD, and relaxed SIMD where multiplyAdd is " +
        "relaxed. Set the header, or open WebGL: open({ device: 'webgl' }).",
      { cause },
    );
  }
}
