/**
 * What an op is to the engine: a shape rule, a plain loop that says what it computes, and a kernel for each kind of
 * device that can be faster than the loop. The engine knows ops only through this interface and never by name; a net
 * is a graph of nodes that carry them.
 */
import type { CpuKernel } from './cpu/kernel.ts';
import type { GlKernel } from './gl/kernel.ts';
import type { Rows, TensorType } from './shape.ts';
import type { TypedCall } from './typed-call.ts';

/** Arrays the reference loops read and write. Sums are kept in a local number, so in float64, whatever the array. */
export type NumericArray = Float64Array | Float32Array | Int32Array;

/** A call of the reference loop: row-major arrays in, one row-major array to fill. */
export interface ReferenceCall<A = unknown> {
  readonly attributes: A;
  readonly inputs: readonly NumericArray[];
  readonly inputTypes: readonly TensorType[];
  readonly output: NumericArray;
  readonly outputType: TensorType;
}

/** An op: its name, its shape rule, its plain loop, and kernels by kind of device. */
export interface Op<A = unknown> {
  readonly name: string;
  /** What kernels call that which the op reads, in order; it may be longer than the inputs. Left out: a, b, c, … */
  readonly operands?: readonly string[] | ((attributes: A) => readonly string[]);
  /**
   * The op only prepares numbers, such as the packing of weights: of constants and states it is not computed in a run.
   */
  readonly derives?: boolean;
  /** The result is the first input, and says something to who walks the graph: plans leave it out. */
  readonly transparent?: boolean;
  /** Each pixel and channel comes of the same ones of the inputs alone: rules may cut maps, and batches, around it. */
  readonly mapwise?: boolean;
  /** Type of the result. Throws ShapeError on anything the op cannot take. */
  infer(inputs: readonly TensorType[], attributes: A): TensorType;
  /** The truth: plain loops in float64. */
  reference(call: ReferenceCall<A>): void;
  /** Multiply-adds of one call, for `explain()` and the bench [0]. */
  macs?(call: TypedCall<A>): number;
  /**
   * The op draws these rows of its first input, a state, anew, and its result is that state. `values` are those of its
   * other inputs that a run supplies, undefined for the rest. Kernels are called without the first input.
   */
  redraws?(values: readonly (ArrayLike<number> | undefined)[], inputs: readonly TensorType[], attributes: A): Rows;
  /**
   * The result, of the numbers of its second input, is what its first input, a state, becomes when the run ends: until
   * then all that read the state find what it was. Kernels are called without the first input.
   */
  readonly assigns?: boolean;
  /** Attributes as a few words for `explain()`. */
  describe?(attributes: A): string;
  /** By kind of device. The reference needs none, and the CPU runs the plain loop; WebGL refuses an op without one. */
  readonly kernels?: { readonly webgl?: GlKernel<A>; readonly cpu?: CpuKernel<A> };
}
