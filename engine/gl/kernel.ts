/**
 * What an op brings for devices that draw: the text of its fragment shader, and what planning must know of it.
 */
import type { FetchStyle } from '../kernel-choice.ts';
import type { TensorType } from '../shape.ts';
import type { Block, Layout } from './layout.ts';

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

/** How WebGL computes an op: its shader, and what that costs. */
export interface GlKernel<A = unknown> {
  /**
   * Complete text of the fragment shader. An op that derives may leave it out: then it is computed on the CPU, and
   * takes constants only. It reads its operands by `_at` and `_pixel` alone, for constants may lie flat (layout.ts).
   */
  shader?(call: ShaderCall<A>): string;
  /** Pixels a fragment makes, where the op wants other than the device's default for its shape. */
  block?(output: TensorType, attributes: A): Block | undefined;
  /** Texture reads of one draw; left out: every texel of the operands once, and of the result. */
  fetches?(call: ShaderCall<A>): number;
  /**
   * The bits of a result of halves, row-major, from those of the only operand: for ops that move numbers about, where
   * the plain loop would widen each and narrow it again.
   */
  moveHalves?(attributes: A, halves: Uint16Array): Uint16Array;
}
