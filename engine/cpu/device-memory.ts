/**
 * What plans of a device share: its memory, the values that outlive runs, and whose turn it is. One run computes at a
 * time, since it uses every thread; the next waits.
 */
import { StateStore } from '../state.ts';
import type { State } from '../state.ts';
import type { Tensor } from '../tensor.ts';
import { Arena } from './arena.ts';
import type { Runner } from './program.ts';

/** A value that is there for all plans. */
interface Kept {
  readonly address: number;
  users: number;
  /** Of what is derived of states: the versions that it was made of. */
  version: string;
}

export class DeviceMemory {
  readonly runner: Runner;
  readonly states: StateStore<number>;
  private readonly arena: Arena;
  private readonly kept = new Map<Tensor, Kept>();
  private scratch = { address: 0, bytes: 0 };
  private last: Promise<unknown> = Promise.resolve();

  /** @param first the first address that is nobody's yet */
  constructor(runner: Runner, first: number) {
    this.runner = runner;
    this.arena = new Arena(first);
    this.states = new StateStore((address) => this.arena.free(address));
  }

  /** Bytes in use, those of them that outlive runs, and the most that the memory had to be. */
  get bytes(): { used: number; kept: number; peak: number } {
    const { used, peak } = this.arena;
    return { used, kept: used - (this.scratch.bytes > 0 ? this.arena.sizeOf(this.scratch.address) : 0), peak };
  }

  allocate(bytes: number): number {
    const address = this.arena.allocate(bytes);
    try {
      this.runner.reserve(this.arena.peak);
    } catch (error) {
      this.arena.free(address);
      throw error;
    }
    return address;
  }

  free(address: number): void {
    this.arena.free(address);
  }

  /** Waits until nobody computes, and computes. */
  turn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.last.then(work);
    this.last = mine.catch(() => {});
    return mine;
  }

  /** A value that plans share: made when the first asks for it. Each call wants a `release`. */
  async acquire(tensor: Tensor, bytes: number, fill: (address: number) => Promise<void>): Promise<number> {
    const known = this.kept.get(tensor);
    if (known) {
      known.users++;
      return known.address;
    }
    const address = this.allocate(bytes);
    try {
      await fill(address);
    } catch (error) {
      this.free(address);
      throw error;
    }
    this.kept.set(tensor, { address, users: 1, version: '' });
    return address;
  }

  /** Makes a value again where the states that it is derived of have changed. */
  async refresh(tensor: Tensor, version: string, fill: (address: number) => Promise<void>): Promise<void> {
    const known = this.kept.get(tensor)!;
    if (known.version === version) return;
    known.version = ''; // also where filling fails
    await fill(known.address);
    known.version = version;
  }

  release(tensor: Tensor): void {
    const known = this.kept.get(tensor);
    if (!known || --known.users > 0) return;
    this.kept.delete(tensor);
    this.free(known.address);
  }

  stateAddress(state: State, bytes: number): number {
    return this.states.of(state, () => this.allocate(bytes));
  }

  /** Memory of a run, at least so large: all runs use the same, one after another. */
  runMemory(bytes: number): number {
    if (bytes > this.scratch.bytes) {
      if (this.scratch.bytes > 0) this.free(this.scratch.address);
      this.scratch = { address: 0, bytes: 0 };
      this.scratch = { address: this.allocate(bytes), bytes };
    }
    return this.scratch.address;
  }

  /** Throws ContextError `E_DISPOSED` or `E_WORKER`. */
  check(): void {
    if (this.runner.failure) throw this.runner.failure;
  }
}
