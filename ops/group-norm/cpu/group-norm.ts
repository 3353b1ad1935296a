/** GroupNorm on the CPU: the numbers of a group lie in one stretch, and groups are shared out. */
import { floatWord } from '../../../engine/index.ts';
import type { CpuKernel } from '../../../engine/index.ts';
import { areFloats, cutWork } from '../../items.ts';
import type { GroupNormAttributes } from '../attributes.ts';

/** Numbers that a thread normalizes in some 20 µs. */
const GRAIN = 16_384;

export const groupNormCpu: CpuKernel<GroupNormAttributes> = {
  calls({ inputs, output, attributes: { groups, epsilon, activation } }) {
    if (!areFloats([...inputs, output])) return undefined;
    const [x, weight, bias] = inputs;
    const [batch, channels, height, width] = output.type.shape as [number, number, number, number];
    const size = channels / groups;
    const pixels = height * width;
    const { items, each } = cutWork(batch * groups, GRAIN / (size * pixels));
    const addresses = [x!.address, weight!.address, bias!.address, output.address];
    const sizes = [batch * groups, each, groups, size, pixels];
    const words = [...addresses, ...sizes, floatWord(epsilon), activation === 'silu' ? 1 : 0];
    return [{ kernel: 'group_norm', items, words }];
  },
};
