/**
 * The engine's own ops and constants with another block, fetch style or count of reads: what versions are told apart
 * by.
 */
import { apply, constantOp, isOf } from '../../engine/index.ts';
import type { Block, FetchStyle, GlKernel, Op, ShaderCall, Tensor } from '../../engine/index.ts';

/** R pixels side by side. */
export const strip = (width: number): Block => ({ width, height: 1 });

/** The op with some of its kernel for WebGL changed. */
export function withKernel<A>(op: Op<A>, changes: GlKernel<A>): Op<A> {
  return { ...op, kernels: { webgl: { ...op.kernels?.webgl, ...changes } } };
}

/** The shader that the engine has for an op. */
export function shaderOf<A>(op: Op<A>, call: ShaderCall<A>): string {
  return op.kernels!.webgl!.shader!(call);
}

export function withBlock<A>(op: Op<A>, block: Block): Op<A> {
  return withKernel(op, { block: () => block });
}

export function withFetch<A>(op: Op<A>, fetch: FetchStyle): Op<A> {
  return withKernel(op, { shader: (call) => shaderOf(op, { ...call, fetch }) });
}

/** `count` says how many texture reads one draw makes, where the op itself does not. */
export function withFetches<A>(op: Op<A>, count: (call: ShaderCall<A>) => number): Op<A> {
  return withKernel(op, { fetches: count });
}

const inBlocksOp: Op<Block> = {
  name: 'in_blocks',
  derives: true,
  infer: ([x]) => x!,
  reference: ({ inputs, output }) => output.set(inputs[0]!),
  kernels: { webgl: { block: (_type, block) => block } },
};

/** A constant laid out in other blocks. */
export function inBlocks(constant: Tensor, block: Block): Tensor {
  if (!isOf(constant, constantOp)) throw new Error(`inBlocks: ${constant.toString()} is no constant`);
  return apply(inBlocksOp, [constant], block);
}
