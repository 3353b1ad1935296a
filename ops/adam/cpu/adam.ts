/** AdamW on the CPU: rows are shared out, and each is walked once. */
import { floatWord, sizeOf } from '../../../engine/index.ts';
import type { CpuCall, CpuKernel, KernelCall } from '../../../engine/index.ts';
import { areFloats, cutWork } from '../../items.ts';
import type { AdamStepAttributes, MomentAttributes } from '../attributes.ts';

/** Numbers that a thread updates in some 20 µs. */
const GRAIN = 8192;

export const firstMomentCpu: CpuKernel<MomentAttributes> = { calls: (call) => callMoment('first_moment', call) };
export const secondMomentCpu: CpuKernel<MomentAttributes> = { calls: (call) => callMoment('second_moment', call) };

function callMoment(
  kernel: string,
  { inputs, output, attributes: { beta, rest } }: CpuCall<MomentAttributes>,
): readonly KernelCall[] | undefined {
  const [moment, gradient, scale] = inputs;
  if (!areFloats([...inputs, output]) || sizeOf(scale!.type.shape) !== 1) return undefined;
  if (sizeOf(gradient!.type.shape) !== sizeOf(output.type.shape)) return undefined;
  const total = sizeOf(output.type.shape);
  const { items, each } = cutWork(Math.ceil(total / 16), GRAIN / 16);
  const words = [total, 16 * each, output.address, moment!.address, gradient!.address, scale!.address];
  return [{ kernel, items, words: [...words, floatWord(beta), floatWord(rest)] }];
}

export const adamStepCpu: CpuKernel<AdamStepAttributes> = {
  calls({ inputs, output, attributes: { epsilon, decay } }) {
    const [p, , , decays, ...scalars] = inputs;
    const [rows, columns] = output.type.shape;
    if (!areFloats([...inputs, output]) || output.type.shape.length !== 2) return undefined;
    if (sizeOf(decays!.type.shape) !== rows || sizeOf(p!.type.shape) !== rows * columns!) return undefined;
    if (scalars.some(({ type }) => sizeOf(type.shape) !== 1)) return undefined;
    const { items, each } = cutWork(rows, GRAIN / columns!);
    const addresses = inputs.map(({ address }) => address);
    const words = [rows, each, columns!, output.address, ...addresses, floatWord(epsilon), floatWord(decay)];
    return [{ kernel: 'adam_step', items, words }];
  },
};
