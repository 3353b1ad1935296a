/** The engine's own ops and constants with another block, fetch style or count of reads: what versions are told apart by. */
import { apply, constantOp } from '../../engine/index.ts';
import type { Block, Cost, FetchStyle, Op, ShaderCall, Tensor } from '../../engine/index.ts';

/** R pixels side by side. */
export const strip = (width: number): Block => ({ width, height: 1 });

export function withBlock<A>(op: Op<A>, block: Block): Op<A> {
  return { ...op, block: () => block };
}

export function withFetch<A>(op: Op<A>, fetch: FetchStyle): Op<A> {
  return { ...op, glsl: (call) => op.glsl!({ ...call, fetch }) };
}

/** `count` says how many texture reads one draw makes, where the op itself does not. */
export function withFetches<A>(op: Op<A>, count: (call: ShaderCall<A>) => number): Op<A> {
  return { ...op, cost: (call): Cost => ({ macs: op.cost?.(call).macs ?? 0, fetches: count(call) }) };
}

/** A constant laid out in other blocks. */
export function inBlocks(constant: Tensor, block: Block): Tensor {
  return apply(constantOp, [], { ...(constant.attributes as Parameters<typeof constantOp.infer>[1]), block });
}
