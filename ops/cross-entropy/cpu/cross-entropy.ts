/** cross_entropy and its gradient on the CPU: rows are shared out. */
import type { CpuCall, CpuKernel, KernelCall } from '../../../engine/index.ts';
import { areFloats, cutWork } from '../../items.ts';

/** Logits whose exponentials a thread computes in some 20 µs; and rows whose loss it reads. */
const GRAIN = 8192;
const ROWS = 1024;

export const crossEntropyCpu: CpuKernel<undefined> = {
  calls: (call) => callRows('cross_entropy', call, () => ROWS),
};

export const crossEntropyByLogitsCpu: CpuKernel<undefined> = {
  calls: (call) => callRows('cross_entropy_by_logits', call, (classes) => GRAIN / classes),
};

function callRows(
  kernel: string,
  { inputs, output }: CpuCall<undefined>,
  grain: (classes: number) => number,
): readonly KernelCall[] | undefined {
  if (!areFloats([...inputs.filter(({ name }) => name !== 'target'), output])) return undefined;
  const [rows, classes] = inputs.find(({ name }) => name === 'logits')!.type.shape as [number, number];
  const { items, each } = cutWork(rows, grain(classes));
  const names = ['logits', 'largest', 'total', 'target', 'weight', 'cotangent'];
  const addresses = names.map((name) => inputs.find((input) => input.name === name)?.address ?? 0);
  return [{ kernel, items, words: [output.address, rows, each, classes, ...addresses] }];
}
