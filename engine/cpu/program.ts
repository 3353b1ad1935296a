/**
 * A plan as threads run it: calls of WebAssembly functions by address, and plain loops. It is data, so that it can be
 * sent to a worker.
 */
import { ContextError } from '../../base/errors.ts';
import type { DalleError } from '../../base/errors.ts';
import type { Op } from '../op.ts';
import type { TensorType } from '../shape.ts';
import type { Storage } from './kernel.ts';

/** A call whose arguments lie in memory. */
export interface BoundCall {
  readonly kernel: string;
  readonly items: number;
  /** Address of its arguments. */
  readonly args: number;
}

/** A value for a plain loop. */
export interface LoopOperand {
  readonly type: TensorType;
  readonly address: number;
  readonly storage: Storage;
}

/** An op by its plain loop. */
export interface LoopCall {
  /** By name where it is sent to a worker, which has ops of its own. */
  readonly op: Op | string;
  readonly attributes: unknown;
  readonly inputs: readonly LoopOperand[];
  readonly output: LoopOperand;
}

/** What is done at a step: functions one after another, or a loop. */
export type ProgramStep =
  | { readonly calls: readonly BoundCall[]; readonly loop?: undefined }
  | { readonly loop: LoopCall; readonly calls?: undefined };

/** Called between steps, now and then: it may report, let others have a turn, or throw to stop. */
export type BetweenSteps = (done: number) => Promise<void> | void;

/** Where programs run: in this thread, or in workers. One program runs at a time. */
export interface Runner {
  /** How many threads compute. */
  readonly threads: number;
  /** Why nothing can run here any more: it was disposed, `E_DISPOSED`, or a worker broke, `E_WORKER`. */
  readonly failure: DalleError | undefined;
  /** Whether it can run the loop of this op; the caller runs others. */
  canLoop(op: Op, attributes: unknown): boolean;
  /** Makes the memory at least this large. Throws MemoryError `E_MEMORY`. */
  reserve(bytes: number): void;
  write(address: number, numbers: Float32Array | Int32Array | Uint16Array): Promise<void> | void;
  read(address: number, into: Float32Array | Int32Array | Uint16Array): Promise<void> | void;
  /** Runs the steps in order. With `timed` the result has milliseconds for each. */
  run(steps: readonly ProgramStep[], between: BetweenSteps, timed?: boolean): Promise<readonly number[]>;
  /** The steps will not be run again. */
  forget(steps: readonly ProgramStep[]): void;
  dispose(): void;
}

/** What a disposed device says. */
export function disposedError(): ContextError {
  return new ContextError('E_DISPOSED', 'run: this device was disposed. Open another one.');
}
