/**
 * Programs run in workers: a leader, and helpers where threads can share memory. The caller's thread only sends and
 * receives, so it is never held up.
 */
import { AbortedError, ContextError, DalleError, FormatError } from '../../base/errors.ts';
import { MemoryError, ShapeError, UsageError } from '../../base/errors.ts';
import type { Op } from '../op.ts';
import { MOST_BYTES } from './arena.ts';
import { StopWord } from './crew.ts';
import { copyIn, copyOut } from './inline-runner.ts';
import { SCRATCH_ADDRESS, THREAD_SCRATCH } from './machine.ts';
import { growTo, PAGE } from './memory.ts';
import type { Order, Report, SentError, StartWorker, WorkerPort } from './messages.ts';
import { disposedError } from './program.ts';
import type { BetweenSteps, ProgramStep, Runner } from './program.ts';

/** How workers are opened. */
interface WorkerSetup {
  /** kernels.wasm, compiled for memory that is shared, or is not. */
  readonly module: WebAssembly.Module;
  readonly isShared: boolean;
  /** One unless memory is shared. */
  readonly threads: number;
  readonly start: StartWorker;
  /** Ops whose loops workers know. */
  readonly loops: ReadonlyMap<string, Op>;
}

interface Waiting {
  readonly resolve: (report: Report) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress?: (done: number) => void;
}

/** @throws ContextError `E_WORKER` where a worker cannot begin */
export async function openWorkers(setup: WorkerSetup): Promise<Runner> {
  const runner = new WorkerRunner(setup);
  await runner.ready;
  return runner;
}

class WorkerRunner implements Runner {
  readonly threads: number;
  readonly ready: Promise<void>;
  private readonly memory: WebAssembly.Memory | undefined;
  private readonly stop: StopWord | undefined;
  private readonly loops: ReadonlyMap<string, Op>;
  private readonly workers: WorkerPort[] = [];
  private readonly waiting = new Map<number, Waiting>();
  private readonly programs = new Map<readonly ProgramStep[], number>();
  private numbered = 0;
  private failed: DalleError | undefined;

  constructor({ module, isShared, threads, start, loops }: WorkerSetup) {
    this.threads = threads;
    this.loops = loops;
    const pages = Math.ceil((SCRATCH_ADDRESS + threads * THREAD_SCRATCH) / PAGE);
    if (isShared) {
      this.memory = new WebAssembly.Memory({ initial: pages, maximum: MOST_BYTES / PAGE, shared: true });
      this.stop = new StopWord(this.memory);
    }
    const ready = Array.from({ length: threads }, (_, index) => {
      return new Promise<void>((resolve, reject) => {
        const worker = start({
          onReport: (report) => (report.kind === 'ready' ? resolve() : this.receive(report)),
          onFailure: (cause) => {
            this.fail(cause);
            reject(this.failed);
          },
        });
        this.workers.push(worker);
        worker.send({
          kind: 'open',
          role: index === 0 ? 'leader' : 'helper',
          module,
          ...(this.memory && { memory: this.memory }),
          pages,
          scratch: SCRATCH_ADDRESS + index * THREAD_SCRATCH,
          helpers: threads - 1,
        });
      });
    });
    this.ready = Promise.all(ready).then(() => this.workers.forEach((worker) => worker.setBusy(false)));
  }

  get failure(): DalleError | undefined {
    return this.failed;
  }

  canLoop(op: Op, attributes: unknown): boolean {
    return this.loops.get(op.name) === op && canBeSent(attributes);
  }

  reserve(bytes: number): void {
    if (this.memory) growTo(this.memory, bytes);
    else this.order({ kind: 'reserve', bytes });
  }

  write(address: number, numbers: Float32Array | Int32Array | Uint16Array): void {
    if (this.memory) return copyIn(this.memory, address, numbers);
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength).slice();
    this.order({ kind: 'write', address, bytes });
  }

  async read(address: number, into: Float32Array | Int32Array | Uint16Array): Promise<void> {
    if (this.memory) return copyOut(this.memory, address, into);
    const run = this.numbered++;
    const report = await this.ask(run, { kind: 'read', run, address, length: into.byteLength });
    if (report.kind === 'bytes') new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(report.bytes);
  }

  async run(steps: readonly ProgramStep[], between: BetweenSteps, timed = false): Promise<readonly number[]> {
    const run = this.numbered++;
    const program = this.programs.get(steps) ?? this.send(steps);
    let wish: { error: unknown } | undefined;
    const onProgress = (done: number): void => {
      try {
        void between(done);
      } catch (error) {
        wish = { error };
        this.askToStop();
      }
    };
    this.stop?.set(false);
    try {
      const report = await this.ask(run, { kind: 'run', run, program, timed }, onProgress);
      return report.kind === 'done' ? report.times : [];
    } catch (error) {
      throw wish ? wish.error : error;
    }
  }

  forget(steps: readonly ProgramStep[]): void {
    const program = this.programs.get(steps);
    if (program === undefined) return;
    this.programs.delete(steps);
    if (!this.failed) this.order({ kind: 'forget', program });
  }

  dispose(): void {
    if (!this.failed) this.end(disposedError());
  }

  private send(steps: readonly ProgramStep[]): number {
    const program = this.numbered++;
    this.programs.set(steps, program);
    const sent = steps.map((step) => (step.loop ? { loop: { ...step.loop, op: (step.loop.op as Op).name } } : step));
    this.order({ kind: 'program', program, steps: sent });
    return program;
  }

  private askToStop(): void {
    if (this.stop) this.stop.set(true);
    else this.order({ kind: 'stop' });
  }

  private order(order: Order): void {
    this.workers[0]!.send(order);
  }

  private ask(run: number, order: Order, onProgress?: (done: number) => void): Promise<Report> {
    if (this.failed) return Promise.reject(this.failed);
    return new Promise((resolve, reject) => {
      this.waiting.set(run, { resolve, reject, ...(onProgress && { onProgress }) });
      this.workers[0]!.setBusy(true);
      this.order(order);
    });
  }

  private receive(report: Report): void {
    if (report.kind === 'ready') return;
    const waiting = this.waiting.get(report.run);
    if (report.kind === 'progress') return waiting?.onProgress?.(report.done);
    if (report.kind === 'failed' && report.isBroken) return this.fail(restoreError(report.error));
    this.waiting.delete(report.run);
    if (this.waiting.size === 0) this.workers[0]!.setBusy(false);
    if (report.kind !== 'failed') return waiting?.resolve(report);
    waiting?.reject(restoreError(report.error));
  }

  /** A worker has ended, or computes no more: all are ended, since one may wait for the other. */
  private fail(cause: unknown): void {
    if (this.failed) return;
    if (cause instanceof DalleError) return this.end(cause);
    const why = cause instanceof Error ? cause.message : String(cause);
    const failure = new ContextError(
      'E_WORKER',
      `run: a thread of the CPU device ended (${why}). It ran out of memory, was ended from outside, or has a bug that ` +
        `we would like to hear of. Open another device, with fewer threads or a smaller picture.`,
      { cause },
    );
    this.end(failure);
  }

  private end(error: DalleError): void {
    this.failed = error;
    for (const worker of this.workers) worker.end();
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}

const errorClasses = { AbortedError, ContextError, FormatError, MemoryError, ShapeError, UsageError };

/** An error of ours as it was thrown in a worker, or a plain one. */
function restoreError({ name, code, message }: SentError): Error {
  if (code === undefined) return new Error(message);
  return new (errorClasses[name as keyof typeof errorClasses] ?? DalleError)(code, message);
}

function canBeSent(attributes: unknown): boolean {
  try {
    structuredClone(attributes);
    return true;
  } catch {
    return false;
  }
}
