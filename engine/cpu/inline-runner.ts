/** Programs run in the thread that asks for them: for tests, and where there are no workers. It blocks that thread. */
import { giveTurn } from '../../base/give-turn.ts';
import { MOST_BYTES } from './arena.ts';
import { Machine, SCRATCH_ADDRESS, THREAD_SCRATCH } from './machine.ts';
import { growTo, PAGE, setShared } from './memory.ts';
import { disposedError } from './program.ts';
import type { Runner } from './program.ts';
import type { ContextError } from '../../base/errors.ts';

/** @param kernels the bytes of kernels.wasm */
export function openInline(kernels: Uint8Array<ArrayBuffer>): Runner {
  const first = Math.ceil((SCRATCH_ADDRESS + THREAD_SCRATCH) / PAGE);
  const memory = new WebAssembly.Memory({ initial: first, maximum: MOST_BYTES / PAGE });
  const machine = new Machine(new WebAssembly.Module(setShared(kernels, false)), memory, SCRATCH_ADDRESS);
  let failure: ContextError | undefined;
  return {
    threads: 1,
    get failure() {
      return failure;
    },
    canLoop: () => true,
    reserve: (bytes) => growTo(memory, bytes),
    write: (address, numbers) => copyIn(memory, address, numbers),
    read: (address, into) => copyOut(memory, address, into),
    run: (steps, between, timed) =>
      machine.run(
        steps,
        async (done) => {
          await giveTurn();
          await between(done);
        },
        timed,
      ),
    forget() {},
    dispose: () => void (failure = disposedError()),
  };
}

/** Puts numbers into a memory. */
export function copyIn(
  { buffer }: WebAssembly.Memory,
  address: number,
  numbers: Float32Array | Int32Array | Uint16Array | Uint8Array,
): void {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  new Uint8Array(buffer, address, bytes.length).set(bytes);
}

/** Takes numbers out of a memory. */
export function copyOut(
  { buffer }: WebAssembly.Memory,
  address: number,
  into: Float32Array | Int32Array | Uint16Array,
): void {
  const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
  bytes.set(new Uint8Array(buffer, address, bytes.length));
}
