/** What a LayerNorm knows of rows, and its way back, on the CPU: rows are shared out (norm-stats.wasm.ts). */
import { floatWord } from '../../../engine/index.ts';
import type { CpuCall, CpuKernel, KernelCall } from '../../../engine/index.ts';
import { areFloats, cutWork } from '../../items.ts';
import type { LayerNormAttributes } from '../attributes.ts';

/** Numbers that a thread takes through one of these in some 20 µs. */
const GRAIN = 32_768;

export const normStatsCpu: CpuKernel<LayerNormAttributes> = { calls: (call) => callRows('norm_stats', call) };
export const normalizeCpu: CpuKernel<undefined> = { calls: (call) => callRows('normalize', call) };
export const normMeansCpu: CpuKernel<undefined> = { calls: (call) => callRows('norm_means', call) };
export const layerNormByXCpu: CpuKernel<undefined> = { calls: (call) => callRows('layer_norm_by_x', call) };

function callRows(
  kernel: string,
  { attributes, inputs, output }: CpuCall<LayerNormAttributes | undefined>,
): readonly KernelCall[] | undefined {
  if (!areFloats([...inputs, output])) return undefined;
  const { shape } = inputs.find(({ name }) => name === 'x')!.type;
  const channels = shape.at(-1)!;
  const rows = shape.reduce((product, size) => product * size, 1) / channels;
  const { items, each } = cutWork(rows, GRAIN / channels);
  const names = ['x', 'stats', 'weight', 'bias', 'cotangent', 'means'];
  const addresses = names.map((name) => inputs.find((input) => input.name === name)?.address ?? 0);
  return [
    { kernel, items, words: [output.address, rows, each, channels, floatWord(attributes?.eps ?? 0), ...addresses] },
  ];
}
