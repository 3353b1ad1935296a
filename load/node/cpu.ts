/** Opens the CPU device in Node, with a worker for each thread. */
import { readFile } from 'node:fs/promises';
import type { CpuDevice } from '../../engine/index.ts';
import { startWorker } from '../../ops/cpu/node/start-worker.ts';
import type { CpuOptions } from '../cpu-options.ts';
import { makeCpuDevice } from '../make-cpu-device.ts';
import { countThreads } from './count-threads.ts';

/** @throws UsageError `E_ARGUMENT`; ContextError `E_WASM_*`, `E_WORKER` */
export function openCpuDevice(options: CpuOptions = {}): Promise<CpuDevice> {
  const surroundings = {
    readKernels: (file: string): Promise<Uint8Array> => readFile(new URL(`../../ops/cpu/${file}`, import.meta.url)),
    isShared: true,
    threads: options.threads ?? countThreads(),
    start: startWorker,
  };
  return makeCpuDevice(surroundings, options);
}
