/** Both ops of attention on the CPU: queries of all heads are shared out. */
import { floatWord } from '../../../engine/index.ts';
import type { CpuCall, CpuKernel, KernelCall } from '../../../engine/index.ts';
import { cutWork } from '../../items.ts';
import type { AttentionAttributes } from '../attributes.ts';
import type { Mask } from '../mask.ts';

/** Multiply-adds that take a thread some 20 µs. */
const GRAIN = 65_536;

/** Slots whose keys fit into the memory of a thread, with their weights and a vector. */
const MOST_SLOTS = 2 ** 17;
const LONGEST_VECTOR = 2 ** 13;

/** By the numbers that keys.wasm.ts gives them. */
const KINDS: readonly Mask['kind'][] = ['full', 'row', 'column', 'axial-row', 'axial-conv', 'conv', 'all'];

export const attentionScoresCpu: CpuKernel<AttentionAttributes> = {
  calls: (call) => callAttention('attention_scores', call, call.output.type.shape),
};

export const attentionValuesCpu: CpuKernel<AttentionAttributes> = {
  calls: (call) => callAttention('attention', call, call.inputs[0]!.type.shape),
};

/** @param scores [S·N, M, L] */
function callAttention(
  kernel: string,
  { inputs: [from, cache, position], output, attributes }: CpuCall<AttentionAttributes>,
  scores: readonly number[],
): readonly KernelCall[] | undefined {
  const { sequences, batch, length, heads, headSize, mask, reach } = attributes;
  const [, queries, slots] = scores as [number, number, number];
  if (slots > MOST_SLOTS || headSize > LONGEST_VECTOR || from!.storage !== 'rows') return undefined;
  const { items, each } = cutWork(sequences * heads * queries, GRAIN / (slots * headSize));
  const addresses = [from!.address, from!.type.shape[1]!, cache!.address, position!.address, output.address];
  const sizes = [sequences, batch, length, heads, headSize, queries, slots, each, floatWord(1 / Math.sqrt(headSize))];
  const { kind, text, grid, kernel: side, edges } = mask;
  const shape = [KINDS.indexOf(kind), text, ...grid, side, Number(edges === 'wrap'), Number(reach === 'all')];
  return [{ kernel, items, words: [...addresses, ...sizes, ...shape] }];
}
