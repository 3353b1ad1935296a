/** conv2d on the CPU, of a weight that nobody packed: it is packed in memory that all threads share, in each run. */
import type { CpuCall, CpuKernel, CpuOperand, KernelCall, TypedCall } from '../../../engine/index.ts';
import type { PackedConv2dAttributes, Strides } from '../attributes.ts';
import { packWeightsCpu } from './pack-weights.ts';
import { packedConv2dCpu } from './packed-conv2d.ts';

const plain = { lanes: 1, dtype: 'f32', reluInput: false, gain: undefined, residualScale: 1 } as const;

export const conv2dCpu: CpuKernel<undefined> = { sharedBytes, calls: (call) => convolve(call) };

export const stridedConv2dCpu: CpuKernel<Strides> = {
  sharedBytes,
  calls: (call) => convolve(call, call.attributes),
};

function sharedBytes({ inputs: [, weight] }: TypedCall): number {
  const shape = weight!.type.shape as PackedConv2dAttributes['weight'];
  return packWeightsCpu.packedBytes!({ attributes: { lanes: 1, weight: shape }, inputs: [], output: weight! })!;
}

function convolve({ inputs, output, shared }: CpuCall, strides?: Strides): readonly KernelCall[] | undefined {
  const [x, weight, bias] = inputs as [CpuOperand, CpuOperand, CpuOperand?];
  if (x.storage !== 'rows' || (bias && bias.storage !== 'rows')) return undefined;
  const shape = weight.type.shape as PackedConv2dAttributes['weight'];
  const attributes = { ...plain, weight: shape, bias: bias !== undefined, ...(strides && { strides }) };
  const packed: CpuOperand = { name: 'packed', type: weight.type, address: shared, storage: 'packed' };
  const pack = packWeightsCpu.calls!({ attributes, inputs: [weight], output: packed, shared });
  const operands = [x, packed, ...(bias ? [bias] : [])];
  return [...pack!, ...packedConv2dCpu.calls!({ attributes, inputs: operands, output, shared })!];
}
