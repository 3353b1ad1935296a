/**
 * Test files share a process one after another, as that starts them quickest, until the process has grown; then the
 * next file gets a new one. Each process has a cache folder of its own: two would otherwise overwrite each other's
 * choice of kernels, and with it the last bits of what a test compares.
 *
 * vitest has such a limit for its `vm` pools only, and there JavaScript's heap alone counts: a software rasteriser's
 * memory lies outside. Where the system does not tell a process's memory, every file gets a new process.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ForksPoolWorker, type PoolOptions, type PoolRunnerInitializer } from 'vitest/node';
import { measureProcess } from './measure-process.ts';

/** Resident bytes after which a process takes no further file. */
const LIMIT = 500e6;

class WorkerProcess extends ForksPoolWorker {
  override readonly name: string = workerProcesses.name;
  private readonly cache = mkdtempSync(join(tmpdir(), 'dalle-gl-test-cache-'));

  constructor(options: PoolOptions) {
    super(options);
    this.env = { ...this.env, DALLE_GL_CACHE: this.cache };
  }

  canReuse(): boolean {
    // `fork` is private to vitest, which tells the process's number in no other way.
    const { fork } = this as unknown as { fork: { pid?: number } };
    return measureProcess(fork.pid) <= LIMIT;
  }

  override async stop(): Promise<void> {
    await super.stop();
    rmSync(this.cache, { recursive: true, force: true });
  }
}

export const workerProcesses: PoolRunnerInitializer = {
  name: 'worker-process',
  createPoolWorker: (options) => new WorkerProcess(options),
};
