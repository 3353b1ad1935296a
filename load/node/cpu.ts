/** Opens the CPU device in Node, with a worker for each thread. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { CpuDevice } from '../../engine/index.ts';
import { setShared } from '../../engine/cpu/memory.ts';
import { openWorkers } from '../../engine/cpu/worker-runner.ts';
import { loops } from '../../ops/cpu/loops.ts';
import { startWorker } from '../../ops/cpu/node/start-worker.ts';

/** How the CPU device computes. */
export interface CpuOptions {
  /** How many threads [as many as the process may use]. */
  readonly threads?: number;
  /** Whether products may be rounded only once [plain]. */
  readonly multiplyAdd?: 'plain' | 'relaxed';
  /** Rewrite rules to leave out of every plan, by name [none]. */
  readonly without?: readonly string[];
}

/** @throws ContextError `E_WORKER` where threads cannot be had */
export async function openCpuDevice({
  threads,
  multiplyAdd = 'plain',
  without = [],
}: CpuOptions = {}): Promise<CpuDevice> {
  const name = multiplyAdd === 'relaxed' ? 'kernels-relaxed.wasm' : 'kernels.wasm';
  const bytes = await readFile(new URL(`../../ops/cpu/${name}`, import.meta.url));
  const runner = await openWorkers({
    module: await WebAssembly.compile(setShared(bytes, true)),
    isShared: true,
    threads: threads ?? availableParallelism(),
    start: startWorker,
    loops,
  });
  return new CpuDevice({ kernels: { multiplyAdd, without }, runner });
}
