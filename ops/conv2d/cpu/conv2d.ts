/** conv2d on the CPU, of a weight that nobody packed: it is packed in memory that all threads share, in each run. */
import type { CpuCall, CpuKernel, CpuOperand, KernelCall, TypedCall } from '../../../engine/index.ts';
import type { PackedConv2dAttributes, Strides } from '../attributes.ts';
import { packWeightsCpu } from './pack-weights.ts';
import { packedConv2dCpu } from './packed-conv2d.ts';

const plain = { lanes: 1, dtype: 'f32', reluInput: false, gain: undefined, residualScale: 1 } as const;

export const conv2dCpu: CpuKernel<undefined> = {
  sharedBytes: (call) => sharedBytes(call),
  calls: (call) => convolve(call),
};

export const stridedConv2dCpu: CpuKernel<Strides> = {
  sharedBytes: (call) => sharedBytes(call, call.attributes),
  calls: (call) => convolve(call, call.attributes),
};

/** Of panels, and behind them of what packed_conv2d wants to share. */
function sharedBytes(call: TypedCall<unknown>, strides?: Strides): number {
  return bytesOfPanels(call) + packedConv2dCpu.sharedBytes!({ ...call, attributes: attributesOf(call, strides) });
}

function convolve(call: CpuCall, strides?: Strides): readonly KernelCall[] | undefined {
  const [x, weight, bias] = call.inputs as [CpuOperand, CpuOperand, CpuOperand?];
  if (x.storage !== 'rows' || (bias && bias.storage !== 'rows')) return undefined;
  const attributes = attributesOf(call, strides);
  const packed: CpuOperand = { name: 'packed', type: weight.type, address: call.shared, storage: 'packed' };
  const pack = packWeightsCpu.calls!({ attributes, inputs: [weight], output: packed, shared: 0 });
  const inputs = [x, packed, ...(bias ? [bias] : [])];
  const shared = call.shared + bytesOfPanels(call);
  return [...pack!, ...packedConv2dCpu.calls!({ attributes, inputs, output: call.output, shared })!];
}

function attributesOf({ inputs: [, weight, bias] }: TypedCall, strides?: Strides): PackedConv2dAttributes {
  const shape = weight!.type.shape as PackedConv2dAttributes['weight'];
  return { ...plain, weight: shape, bias: bias !== undefined, ...(strides && { strides }) };
}

/** In whole lines of 64 bytes. */
function bytesOfPanels(call: TypedCall): number {
  const output = call.inputs[1]!;
  const bytes = packWeightsCpu.packedBytes!({ attributes: attributesOf(call), inputs: [], output })!;
  return 64 * Math.ceil(bytes / 64);
}
