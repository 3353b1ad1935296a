/**
 * How threads share a call: a leader says what is to be done, and everybody, the leader too, takes part after part from
 * a common count until none is left. They agree by words in the memory that they share. Which thread takes which part
 * is chance; what a part computes is not, so results do not depend on it.
 */
import type { KernelFunction } from './machine.ts';
import type { BoundCall } from './program.ts';

/** Address of the words, below all values; each that many threads write has a cache line of its own. */
const CREW_ADDRESS: number = 2 ** 16 - 512;
const LINE = 16;
/** Number of the call; those who wait for work wait for it to change. */
const CALL = 0;
/** Number of the call in its upper 12 bits, and the next part to be taken in the lower 20. */
const NEXT = LINE;
/** Parts that are finished. */
const DONE = 2 * LINE;
/** What the call is. */
const [KERNEL, ARGS, ITEMS] = [3 * LINE, 3 * LINE + 1, 3 * LINE + 2];
/** Set once a thread has failed: nobody waits for its part any more. */
const BROKEN = 4 * LINE;
/** Set by the caller who wants the run to stop. */
const STOPPED = 5 * LINE;

const PART_BITS = 20;
const PART_MASK = 2 ** PART_BITS - 1;
const CALL_MASK = 2 ** (32 - PART_BITS) - 1;

/** Looks at a word so often before a thread sleeps: some 30 µs, about what it takes to wake one. */
const SPINS = 6000;
/** Milliseconds between two looks at whether a thread has failed. */
const LOOK = 200;

/** One thread's hold on the common words. */
export class Crew {
  private readonly words: Int32Array;
  private readonly kernels: readonly KernelFunction[];
  private readonly scratch: number;
  private call = 0;

  /** @param kernels in the same order in every thread */
  constructor(memory: WebAssembly.Memory, kernels: readonly KernelFunction[], scratch: number) {
    this.words = new Int32Array(memory.buffer, CREW_ADDRESS, 6 * LINE);
    this.kernels = kernels;
    this.scratch = scratch;
  }

  /** As the leader: runs all parts of a call with the help of the others, and returns when all are finished. */
  share({ items, args }: BoundCall, kernel: KernelFunction): void {
    const { words } = this;
    // Nobody can take a part while the words change, for the count is beyond any number of parts.
    Atomics.store(words, NEXT, (this.call << PART_BITS) | PART_MASK);
    this.call = (this.call + 1) & CALL_MASK;
    Atomics.store(words, KERNEL, this.kernels.indexOf(kernel));
    Atomics.store(words, ARGS, args);
    Atomics.store(words, ITEMS, items);
    Atomics.store(words, DONE, 0);
    Atomics.store(words, NEXT, this.call << PART_BITS);
    Atomics.store(words, CALL, this.call);
    Atomics.notify(words, CALL);
    this.takeParts(this.call, kernel, items, args);
    this.awaitParts(items);
  }

  /** As a helper: takes parts of every call, for ever. */
  help(): never {
    const { words } = this;
    for (;;) {
      this.awaitCall();
      this.call = Atomics.load(words, CALL);
      const kernel = this.kernels[Atomics.load(words, KERNEL)]!;
      this.takeParts(this.call, kernel, Atomics.load(words, ITEMS), Atomics.load(words, ARGS));
    }
  }

  /** Lets nobody wait for this thread. */
  break(): void {
    Atomics.store(this.words, BROKEN, 1);
    Atomics.notify(this.words, DONE);
  }

  private takeParts(call: number, kernel: KernelFunction, items: number, args: number): void {
    const { words, scratch } = this;
    for (;;) {
      const next = Atomics.load(words, NEXT);
      const item = next & PART_MASK;
      if (next >>> PART_BITS !== call || item >= items) return;
      if (Atomics.compareExchange(words, NEXT, next, next + 1) !== next) continue;
      kernel(item, args, scratch);
      if (Atomics.add(words, DONE, 1) === items - 1) Atomics.notify(words, DONE);
    }
  }

  private awaitCall(): void {
    const { words, call } = this;
    for (let spin = 0; spin < SPINS; spin++) if (Atomics.load(words, CALL) !== call) return;
    while (Atomics.load(words, CALL) === call) Atomics.wait(words, CALL, call);
  }

  private awaitParts(items: number): void {
    const { words } = this;
    for (let spin = 0; spin < SPINS; spin++) if (Atomics.load(words, DONE) === items) return;
    for (;;) {
      const done = Atomics.load(words, DONE);
      if (done === items) return;
      if (Atomics.load(words, BROKEN)) throw new Error('cpu: another thread has failed');
      Atomics.wait(words, DONE, done, LOOK);
    }
  }
}

/** What the caller's thread sees of the words: it may ask for a stop, and it never waits. */
export class StopWord {
  private readonly memory: WebAssembly.Memory;

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
  }

  /** Anew each time, since memory that is not shared moves when it grows. */
  private get words(): Int32Array {
    return new Int32Array(this.memory.buffer, CREW_ADDRESS, 6 * LINE);
  }

  set(isStopped: boolean): void {
    Atomics.store(this.words, STOPPED, isStopped ? 1 : 0);
  }

  get isSet(): boolean {
    return Atomics.load(this.words, STOPPED) === 1;
  }
}
