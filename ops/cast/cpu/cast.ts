/** The casts on the CPU: elementwise kernels, chosen by the types. */
import type { CpuCall, CpuKernel } from '../../../engine/index.ts';
import { callElementwise } from '../../elementwise/cpu/elementwise.ts';

export const castCpu: CpuKernel<undefined> = {
  calls(call) {
    if (call.inputs[0]!.storage !== 'rows') return undefined;
    return [callElementwise(call, { kernel: chooseKernel(call) })];
  },
};

function chooseKernel({ inputs: [x], output }: CpuCall<undefined>): string {
  if (x!.type.dtype === 'i32') return output.type.dtype === 'f16' ? 'computeWholeToHalf' : 'computeWholeToFloat';
  return output.type.dtype === 'f16' && x!.type.dtype === 'f32' ? 'computeCastToHalf' : 'computeCopy';
}
