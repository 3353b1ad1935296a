/**
 * What the caller's thread and a worker tell each other. The leader runs programs; where threads share memory, helpers
 * take part in its calls and are told nothing but how to begin.
 */
import type { ProgramStep } from './program.ts';

/** How a worker begins. */
export interface Opening {
  readonly kind: 'open';
  readonly role: 'leader' | 'helper';
  readonly module: WebAssembly.Module;
  /** Shared by all; absent where the only worker makes its own, of so many pages at first. */
  readonly memory?: WebAssembly.Memory;
  readonly pages: number;
  /** Address of this thread's scratch. */
  readonly scratch: number;
  /** How many helpers there are. */
  readonly helpers: number;
}

/** To the leader, in the order of sending. `write`, `read` and `reserve` where memory is not shared. */
export type Order =
  | Opening
  | { readonly kind: 'program'; readonly program: number; readonly steps: readonly ProgramStep[] }
  | { readonly kind: 'forget'; readonly program: number }
  | { readonly kind: 'run'; readonly run: number; readonly program: number; readonly timed: boolean }
  | { readonly kind: 'stop' }
  | { readonly kind: 'reserve'; readonly bytes: number }
  | { readonly kind: 'write'; readonly address: number; readonly bytes: Uint8Array }
  | { readonly kind: 'read'; readonly run: number; readonly address: number; readonly length: number };

/** An error in words that can be sent. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

/** From a worker. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly run: number; readonly done: number }
  | { readonly kind: 'done'; readonly run: number; readonly times: readonly number[] }
  | { readonly kind: 'bytes'; readonly run: number; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly run: number; readonly error: SentError; readonly isBroken: boolean };

/** A worker as the caller holds it. */
export interface WorkerPort {
  send(order: Order): void;
  /** Keeps the process alive while it is busy, and not otherwise. */
  setBusy(busy: boolean): void;
  end(): void;
}

/** What becomes of a worker. */
export interface WorkerEvents {
  onReport(report: Report): void;
  /** It ended by itself, or could not begin. */
  onFailure(cause: unknown): void;
}

export type StartWorker = (events: WorkerEvents) => WorkerPort;
