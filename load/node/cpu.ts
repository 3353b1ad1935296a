/** Opens the CPU device in Node, with a worker for each thread. */
import { readFile } from 'node:fs/promises';
import { CpuDevice } from '../../engine/index.ts';
import { setShared } from '../../engine/cpu/memory.ts';
import { openWorkers } from '../../engine/cpu/worker-runner.ts';
import { loops } from '../../ops/cpu/loops.ts';
import { startWorker } from '../../ops/cpu/node/start-worker.ts';
import { checkCpuOptions, type CpuOptions } from '../cpu-options.ts';
import { countThreads } from './count-threads.ts';

/** @throws ContextError `E_WORKER` where threads cannot be had, `E_WASM_*`; UsageError `E_ARGUMENT` */
export async function openCpuDevice(options: CpuOptions = {}): Promise<CpuDevice> {
  checkCpuOptions('open', options);
  const { threads = countThreads(), multiplyAdd = 'plain', without = [] } = options;
  const name = multiplyAdd === 'relaxed' ? 'kernels-relaxed.wasm' : 'kernels.wasm';
  const bytes = await readFile(new URL(`../../ops/cpu/${name}`, import.meta.url));
  const runner = await openWorkers({
    module: await WebAssembly.compile(setShared(bytes, true)),
    isShared: true,
    threads,
    start: startWorker,
    loops,
  });
  return new CpuDevice({ kernels: { multiplyAdd, without }, runner });
}
