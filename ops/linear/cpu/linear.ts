/** linear and packed_linear on the CPU: the product of rows (ops/matmul/cpu/row-product.ts). */
import type { CpuCall, CpuKernel } from '../../../engine/index.ts';
import { multiplyRows, sharedBytesOf } from '../../matmul/cpu/row-product.ts';
import type { PackedLinearAttributes } from '../attributes.ts';

export const linearCpu: CpuKernel<undefined> = {
  sharedBytes({ inputs: [x, weight] }) {
    const [columns, inner] = weight!.type.shape as [number, number];
    return sharedBytesOf({ rows: x!.type.shape[0]!, inner, columns, lies: 'columns' });
  },
  calls(call) {
    if (call.inputs.some(({ storage }) => storage !== 'rows')) return undefined;
    const [columns, inner] = call.inputs[1]!.type.shape as [number, number];
    return multiplyRows({ ...readAddresses(call), inner, columns, lies: 'columns' }, call.shared);
  },
};

/** Neither LayerNorm nor turning is taken along: the rules of the CPU leave both to ops of their own. */
export const packedLinearCpu: CpuKernel<PackedLinearAttributes> = {
  calls(call) {
    const { weight, lanes, activation, epsilon, rotary } = call.attributes;
    if (lanes !== 1 || epsilon !== undefined || rotary) return undefined;
    const [columns, inner] = weight;
    const lies = call.inputs[1]!.type.dtype === 'f16' ? 'half strips' : 'strips';
    return multiplyRows({ ...readAddresses(call), inner, columns, lies, activation }, call.shared);
  },
};

function readAddresses({ inputs, output }: CpuCall<unknown>): {
  readonly [name in 'x' | 'matrix' | 'output' | 'bias' | 'scale' | 'residual' | 'rows']: number;
} {
  const addressOf = (wanted: string): number => inputs.find(({ name }) => name === wanted)?.address ?? 0;
  const [bias, scale, residual] = [addressOf('bias'), addressOf('scale'), addressOf('residual')];
  const rows = inputs[0]!.type.shape[0]!;
  return { x: inputs[0]!.address, matrix: inputs[1]!.address, output: output.address, bias, scale, residual, rows };
}
