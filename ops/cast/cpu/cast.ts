/** The casts on the CPU: elementwise kernels, chosen by the types. */
import type { CpuCall, CpuKernel } from '../../../engine/index.ts';
import { callElementwise } from '../../elementwise/cpu/elementwise.ts';

export const castCpu: CpuKernel<undefined> = {
  calls(call) {
    const kernel = chooseKernel(call);
    return kernel === undefined ? undefined : [callElementwise(call, { kernel })];
  },
};

function chooseKernel({ inputs: [x], output }: CpuCall<undefined>): string | undefined {
  const [isWhole, toHalf] = [x!.type.dtype === 'i32', output.type.dtype === 'f16'];
  if (x!.storage === 'halves') return output.storage === 'rows' ? 'widen_halves' : undefined;
  if (output.storage === 'halves') return isWhole ? undefined : 'store_halves';
  if (isWhole) return toHalf ? 'whole_to_half' : 'whole_to_float';
  return toHalf && x!.type.dtype === 'f32' ? 'cast_to_half' : 'copy';
}
