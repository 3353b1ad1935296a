/** Opens the CPU device, wherever its kernels and its workers come from. */
import { FormatError } from '../base/errors.ts';
import { CpuDevice } from '../engine/cpu/device.ts';
import { setShared } from '../engine/cpu/memory.ts';
import type { StartWorker } from '../engine/cpu/messages.ts';
import { openWorkers } from '../engine/cpu/worker-runner.ts';
import { loops } from '../ops/cpu/loops.ts';
import { checkCpuOptions, type CpuOptions } from './cpu-options.ts';

/** What is different in Node and in browsers. */
interface CpuSurroundings {
  /** Bytes of a file beside ops/cpu/. */
  readKernels(file: 'kernels.wasm' | 'kernels-relaxed.wasm'): Promise<Uint8Array>;
  /** Whether threads may share memory; if not there is one. */
  readonly isShared: boolean;
  readonly threads: number;
  readonly start: StartWorker;
}

/**
 * @throws UsageError `E_ARGUMENT`; FormatError `E_WASM_KERNELS` for a file that the build did not make;
 *   ContextError `E_WASM_*` where WebAssembly is blocked or too old, `E_WORKER` where threads cannot be had
 */
export async function makeCpuDevice(
  { readKernels, isShared, threads, start }: CpuSurroundings,
  options: CpuOptions,
): Promise<CpuDevice> {
  checkCpuOptions('open', options);
  const { multiplyAdd = 'plain', without = [] } = options;
  const bytes = await readKernels(multiplyAdd === 'relaxed' ? 'kernels-relaxed.wasm' : 'kernels.wasm');
  const module = await compileKernels(bytes, isShared);
  const runner = await openWorkers({ module, isShared, threads: isShared ? threads : 1, start, loops });
  return new CpuDevice({ kernels: { multiplyAdd, without }, runner });
}

async function compileKernels(bytes: Uint8Array, isShared: boolean): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(setShared(bytes, isShared));
  } catch (cause) {
    throw new FormatError(
      'E_WASM_KERNELS',
      `open: the kernels of the CPU device, ${bytes.length} bytes, are damaged or of another build. Install the package ` +
        'again; in a clone, npm run build makes them.',
      { cause },
    );
  }
}
