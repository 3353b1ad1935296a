/** Opens the CPU device in Node, with a worker for each thread. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { CpuDevice } from '../../engine/index.ts';
import { startWorker } from '../../ops/cpu/node/start-worker.ts';
import { makeCpuDevice } from '../make-cpu-device.ts';
import type { CpuOptions } from '../make-cpu-device.ts';

/** @throws ContextError `E_WASM`, `E_WORKER` */
export function openCpuDevice(options: CpuOptions = {}): Promise<CpuDevice> {
  const surroundings = {
    readKernels: (file: string): Promise<Uint8Array> => readFile(new URL(`../../ops/cpu/${file}`, import.meta.url)),
    isShared: true,
    threads: options.threads ?? availableParallelism(),
    start: startWorker,
  };
  return makeCpuDevice(surroundings, options);
}
