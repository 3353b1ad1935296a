/**
 * What an op is to the engine: a shape rule, a shader, and a plain loop that says what the shader must compute.
 * The engine knows ops only through this interface and never by name; a net is a graph of nodes that carry them.
 */
import type { Layout, Block, Rows } from './gl/layout.ts';
import type { FetchStyle } from './kernel-choice.ts';
import type { TensorType } from './shape.ts';

/** Arrays the reference loops read and write. Sums are kept in a local number, so in float64, whatever the array. */
export type NumericArray = Float64Array | Float32Array | Int32Array;

/** One operand of a shader: the prefix of its accessors, its type and where its elements lie. */
export interface Operand {
  readonly name: string;
  readonly type: TensorType;
  readonly layout: Layout;
}

/** What an op may know when it writes its fragment shader. All shapes are constants of the shader. */
export interface ShaderCall<A = unknown> {
  readonly attributes: A;
  readonly inputs: readonly Operand[];
  readonly output: Operand;
  /** How texels are read: both give the same numbers, drivers differ in speed. */
  readonly fetch: FetchStyle;
}

/** A call of the reference loop: row-major arrays in, one row-major array to fill. */
export interface ReferenceCall<A = unknown> {
  readonly attributes: A;
  readonly inputs: readonly NumericArray[];
  readonly inputTypes: readonly TensorType[];
  readonly output: NumericArray;
  readonly outputType: TensorType;
}

/** Work of one call, for `explain()` and the bench: multiply-adds, and texture reads if the shader counts them. */
export interface Cost {
  readonly macs: number;
  readonly fetches?: number;
}

export interface Op<A = unknown> {
  readonly name: string;
  /** Constant inputs make a constant result: compute it once, on the CPU, before upload (packing of weights). */
  readonly folds?: boolean;
  /** Type of the result. Throws ShapeError on anything the op cannot take. */
  infer(inputs: readonly TensorType[], attributes: A): TensorType;
  /** The truth: plain loops in float64. */
  reference(call: ReferenceCall<A>): void;
  /**
   * What shaders call what the op reads, in order; a list may be longer than there are inputs. Left out: a, b, c, …
   */
  readonly operands?: readonly string[] | ((attributes: A) => readonly string[]);
  /** Complete text of the fragment shader. Absent for leaves of the graph and for ops that are only ever folded. */
  glsl?(call: ShaderCall<A>): string;
  /** Pixels a fragment makes, where the op wants other than the device's default for its shape. */
  block?(output: TensorType, attributes: A): Block | undefined;
  cost?(call: ShaderCall<A>): Cost;
  /**
   * The op draws these rows of its first input, a state, anew, and its result is that state. `values` are those of its
   * other inputs that a run supplies, undefined for the rest. Its shader is called without the first input.
   */
  redraws?(values: readonly (ArrayLike<number> | undefined)[], inputs: readonly TensorType[], attributes: A): Rows;
  /** Attributes as a few words for `explain()`. */
  describe?(attributes: A): string;
}
