/** Rows into caches on the CPU. */
import type { CpuCall, CpuKernel, KernelCall } from '../../../engine/index.ts';
import { cutWork } from '../../items.ts';
import type { CacheAttributes } from '../attributes.ts';

/** Numbers that a thread lays in some 20 µs. */
const GRAIN = 32_768;

export const appendRowsCpu: CpuKernel<CacheAttributes> = {
  calls: (call) => [layRows(call, call.inputs[1]!.address)],
};

export const layRowsCpu: CpuKernel<CacheAttributes> = {
  calls: (call) => [layRows(call, 0)],
};

function layRows({ inputs: [x], output, attributes }: CpuCall<CacheAttributes>, position: number): KernelCall {
  const { sequences, batch, length, first, groups, size } = attributes;
  const [rows, channels] = x!.type.shape as [number, number];
  const count = rows / sequences;
  const { items, each } = cutWork(batch * count, GRAIN / (groups * size));
  const words = [x!.address, channels, position, output.address, count, each];
  return { kernel: 'lay_rows', items, words: [...words, sequences, batch, length, first, groups, size] };
}
