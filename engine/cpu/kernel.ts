/**
 * What an op brings for the CPU device: which WebAssembly functions compute it, with what arguments. The functions
 * themselves are AssemblyScript, `ops/<op>/cpu/*.wasm.ts`; an op without them runs by its plain loop.
 *
 * A function is `name(item, args, scratch)`: `args` is the address of a block of words, `item` one of the parts that
 * threads share out, `scratch` memory of the calling thread alone. No part depends on another one of the same call.
 */
import { checkNumber } from '../../base/check-argument.ts';
import type { TensorType } from '../shape.ts';
import type { TypedCall } from '../typed-call.ts';

/**
 * How a value lies in memory: row-major in words of 4 bytes, floats or whole numbers; row-major in halves of 2 bytes;
 * or as the op that made it says.
 */
export type Storage = 'rows' | 'halves' | 'packed';

/** One operand of a kernel: its type and where its elements lie. */
export interface CpuOperand {
  readonly name: string;
  readonly type: TensorType;
  /** In bytes, a multiple of 64. */
  readonly address: number;
  readonly storage: Storage;
}

/** What an op may know when it chooses its kernels. */
export interface CpuCall<A = unknown> {
  readonly attributes: A;
  readonly inputs: readonly CpuOperand[];
  readonly output: CpuOperand;
  /** Address of the memory that `sharedBytes` asked for. */
  readonly shared: number;
}

/** One call of a WebAssembly function. */
export interface KernelCall {
  /** The function's name. */
  readonly kernel: string;
  /** How many parts threads share out, each of 20 µs to 2 ms; below 2²⁰. */
  readonly items: number;
  /** The block of arguments, whole numbers; `floatWord` makes one of a float. */
  readonly words: readonly number[];
}

/** How the CPU device computes an op. */
export interface CpuKernel<A = unknown> {
  /** The result is the first input seen otherwise: nothing is computed or copied. */
  readonly alias?: boolean;
  /** Bytes of the result where it is not row-major; it is `packed` then, and only ops with kernels may read it. */
  packedBytes?(call: TypedCall<A>): number | undefined;
  /** Bytes that all threads share during this step alone [0]. */
  sharedBytes?(call: TypedCall<A>): number;
  /** The functions to call one after another; undefined where this call runs by the plain loop. */
  calls?(call: CpuCall<A>): readonly KernelCall[] | undefined;
}

const floats = new Float32Array(1);
const words = new Int32Array(floats.buffer);

/** The bits of a float as a word of arguments. */
export function floatWord(value: number): number {
  checkNumber('floatWord', 'value', value);
  floats[0] = value;
  return words[0]!;
}
