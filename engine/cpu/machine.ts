/**
 * What computes in one thread: the memory, the WebAssembly functions that work on it, and plain loops on views of it.
 * Several threads of a device each have one on the same memory.
 */
import { computeLoop } from './compute-loop.ts';
import { narrowToHalves, widenHalves } from './halves.ts';
import type { NumericArray } from '../op.ts';
import { sizeOf } from '../shape.ts';
import type { BetweenSteps, BoundCall, LoopCall, LoopOperand, ProgramStep } from './program.ts';

/** A WebAssembly kernel: one part of a call. */
export type KernelFunction = (item: number, args: number, scratch: number) => void;

/** Where the first thread's own memory lies. Below are constants of the kernels, and the words of the crew. */
export const SCRATCH_ADDRESS: number = 2 ** 16;

/** Bytes of memory that each thread has for itself during a call. */
export const THREAD_SCRATCH: number = 4 * 2 ** 20;

/** Milliseconds of work between two turns for others. */
const TURN = 15;

/** Runs all parts of a call; a crew shares them out. */
export type RunCall = (call: BoundCall, kernel: KernelFunction) => void;

export class Machine {
  readonly memory: WebAssembly.Memory;
  private readonly kernels: ReadonlyMap<string, KernelFunction>;
  private readonly scratch: number;

  /** @param scratch address of THREAD_SCRATCH bytes */
  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, scratch: number) {
    this.memory = memory;
    this.scratch = scratch;
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    this.kernels = new Map(Object.entries(exports as Record<string, KernelFunction>));
  }

  kernel(name: string): KernelFunction {
    const found = this.kernels.get(name);
    if (!found) throw new Error(`cpu: kernels.wasm has no function ${name}. Build it: npm run build:kernels`);
    return found;
  }

  /** All kernels, in the same order in every thread. */
  listKernels(): KernelFunction[] {
    return [...this.kernels].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, kernel]) => kernel);
  }

  /** All parts, in this thread. */
  runAlone({ items, args }: BoundCall, kernel: KernelFunction): void {
    for (let item = 0; item < items; item++) kernel(item, args, this.scratch);
  }

  /** Runs steps in order, and gives a turn to others now and then. */
  async run(
    steps: readonly ProgramStep[],
    between: BetweenSteps,
    timed = false,
    runCall: RunCall = (call, kernel) => this.runAlone(call, kernel),
  ): Promise<number[]> {
    const times: number[] = [];
    let lastTurn = performance.now();
    for (const [index, step] of steps.entries()) {
      const start = performance.now();
      if (start - lastTurn > TURN) {
        await between(index);
        lastTurn = performance.now();
      }
      const begun = timed ? performance.now() : 0;
      if (step.loop) this.runLoop(step.loop);
      else for (const call of step.calls) runCall(call, this.kernel(call.kernel));
      if (timed) times.push(performance.now() - begun);
    }
    return times;
  }

  private runLoop(call: LoopCall): void {
    const { op, inputs, output } = call;
    const result = this.view(output);
    if (typeof op === 'string' || !op.redraws) result.fill(0); // loops may leave out what is zero
    const numbers = inputs.map((input) => this.view(input));
    computeLoop(call, numbers, result);
    if (output.storage === 'halves') {
      new Uint16Array(this.memory.buffer, output.address, result.length).set(narrowToHalves(result));
    }
  }

  /** The numbers of a value: where they lie, but for halves, of which there is a copy in floats. */
  view({ type, address, storage }: LoopOperand): NumericArray {
    const { buffer } = this.memory;
    const size = sizeOf(type.shape);
    if (storage === 'packed') throw new Error('cpu: a plain loop cannot read what an op has packed');
    if (storage === 'halves') return widenHalves(new Uint16Array(buffer, address, size));
    return type.dtype === 'i32' ? new Int32Array(buffer, address, size) : new Float32Array(buffer, address, size);
  }
}
