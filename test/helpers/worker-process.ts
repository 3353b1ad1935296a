/**
 * Test files share a process one after another, as that starts them quickest, until the process has grown; then the
 * next file gets a new one. Software rasterisers give back little of what a program took, and a test file may leave
 * much behind.
 *
 * vitest has such a limit for its `vm` pools only, where JavaScript's heap alone counts. Ours is what the system says,
 * and that is known on Linux; elsewhere every file gets a process of its own.
 */
import { readFileSync } from 'node:fs';
import { ForksPoolWorker, type PoolRunnerInitializer } from 'vitest/node';

/** Bytes of resident memory after which a process takes no further file. */
const LIMIT = 500e6;

class WorkerProcess extends ForksPoolWorker {
  override readonly name: string = 'worker-process';
  private pid: number | undefined;

  override async start(): Promise<void> {
    await super.start();
    // Private to vitest, which tells nobody the process otherwise.
    this.pid = (this as unknown as { fork: { pid?: number } }).fork.pid;
  }

  canReuse(): boolean {
    return readMemory(this.pid) <= LIMIT;
  }
}

/** Bytes of resident memory, or Infinity where that is unknown. */
function readMemory(pid: number | undefined): number {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? Infinity : 1024 * Number(kilobytes);
  } catch {
    return Infinity;
  }
}

export const workerProcesses: PoolRunnerInitializer = {
  name: 'worker-process',
  createPoolWorker: (options) => new WorkerProcess(options),
};
