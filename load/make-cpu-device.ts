/** Opens the CPU device, wherever its kernels and its workers come from. */
import { CpuDevice } from '../engine/index.ts';
import { setShared } from '../engine/cpu/memory.ts';
import type { StartWorker } from '../engine/cpu/messages.ts';
import { openWorkers } from '../engine/cpu/worker-runner.ts';
import { loops } from '../ops/cpu/loops.ts';
import { checkCpuOptions, type CpuOptions } from './cpu-options.ts';

/** What is different in Node and in browsers. */
export interface CpuSurroundings {
  /** Bytes of a file beside ops/cpu/. */
  readKernels(file: 'kernels.wasm' | 'kernels-relaxed.wasm'): Promise<Uint8Array>;
  /** Whether threads may share memory; if not there is one. */
  readonly isShared: boolean;
  readonly threads: number;
  readonly start: StartWorker;
}

/**
 * @throws UsageError `E_ARGUMENT`; ContextError `E_WASM_*` where WebAssembly is blocked or too old, `E_WORKER` where
 *   threads cannot be had
 */
export async function makeCpuDevice(
  { readKernels, isShared, threads, start }: CpuSurroundings,
  options: CpuOptions,
): Promise<CpuDevice> {
  checkCpuOptions('open', options);
  const { multiplyAdd = 'plain', without = [] } = options;
  const bytes = await readKernels(multiplyAdd === 'relaxed' ? 'kernels-relaxed.wasm' : 'kernels.wasm');
  const module = await WebAssembly.compile(setShared(bytes, isShared));
  const runner = await openWorkers({ module, isShared, threads: isShared ? threads : 1, start, loops });
  return new CpuDevice({ kernels: { multiplyAdd, without }, runner });
}
