/**
 * conv2d as the engine runs it: weights packed so that a texel holds one tap of one input channel for four output
 * channels, ReLU on read, bias to start from, residual on write. Built by the rules in ops/rewrite, not by hand.
 *
 * x [B, I, H, W], packed [1, O, ⌈I/L⌉·KH, KW·L] with L channels in a texel of x, 4 or 8, b [O], id [B, O, H, W]
 *   → id + gain · (conv2d(relu(x)) + b); an id that was to be upsampled is [B, O, H/2, W/2].
 */
import { apply, sizeOf } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor, TensorOf } from '../../engine/index.ts';
import { checkHalfWeights, roundResult } from '../cast/half.ts';
import type { PackAttributes, PackedConv2dAttributes } from './attributes.ts';
import { computeConv2d } from './conv2d.ts';
import { packWeightsCpu } from './cpu/pack-weights.ts';
import { packedConv2dCpu } from './cpu/packed-conv2d.ts';
import { packWeightsGl, packedConv2dGl } from './gl/packed-conv2d.ts';

/** [O, I, KH, KW] → [1, O, ⌈I/L⌉·KH, KW·L]: element (o, turn·KH + dy, dx·L + lane) is w[o, turn·L + lane, dy, dx]. */
export const packWeightsOp: Op<PackAttributes> = {
  name: 'pack_weights',
  derives: true,
  infer([w], { weight: [outChannels, inChannels, height, width], lanes }) {
    return { shape: [1, outChannels, Math.ceil(inChannels / lanes) * height, width * lanes], dtype: w!.dtype };
  },
  reference({ inputs, inputTypes, output, attributes }) {
    checkHalfWeights(inputs[0]!, inputTypes[0]!);
    visitPacked(attributes, (packed, plain) => (output[packed] = inputs[0]![plain]!));
  },
  operands: ['weight'],
  kernels: { webgl: packWeightsGl, cpu: packWeightsCpu },
};

function visitPacked(
  { weight: [outChannels, inChannels, height, width], lanes }: PackAttributes,
  visit: (packed: number, plain: number) => void,
): void {
  const rows = Math.ceil(inChannels / lanes) * height;
  for (let o = 0; o < outChannels; o++) {
    for (let i = 0; i < inChannels; i++) {
      const row = Math.floor(i / lanes) * height;
      const plain = (o * inChannels + i) * height * width;
      for (let dy = 0; dy < height; dy++) {
        const packed = (o * rows + row + dy) * width * lanes + (i % lanes);
        for (let dx = 0; dx < width; dx++) visit(packed + dx * lanes, plain + dy * width + dx);
      }
    }
  }
}

/** What shaders call the inputs of a packed convolution, those that there are. */
export function namePackedOperands({ bias, gain }: Pick<PackedConv2dAttributes, 'bias' | 'gain'>): readonly string[] {
  return ['x', 'packed', ...(bias ? ['bias'] : []), ...(gain === undefined ? [] : ['residual'])];
}

export const packedConv2dOp: Op<PackedConv2dAttributes> = {
  name: 'packed_conv2d',
  operands: namePackedOperands,
  infer([x], { weight, dtype, strides }) {
    const [batch, , ...map] = x!.shape as [number, number, number, number];
    const [height, width] = strides?.size ?? map;
    return { shape: [batch, weight[0], height, width], dtype };
  },
  reference: computePackedConv2d,
  describe({ weight, reluInput, bias, gain, residualScale, strides }) {
    const words = [`${weight[2]}×${weight[3]}${strides ? `, stride ${strides.stride}` : ''}`];
    if (reluInput) words.push('relu on read');
    if (bias) words.push('bias');
    if (gain !== undefined)
      words.push(`residual${residualScale > 1 ? ` upsampled ×${residualScale}` : ''}, gain ${gain}`);
    return words.join(', ');
  },
  macs({ output, attributes: { weight } }) {
    const [, inChannels, height, width] = weight;
    return sizeOf(output.type.shape) * inChannels * height * width;
  },
  kernels: { webgl: packedConv2dGl, cpu: packedConv2dCpu },
};

/**
 * Packs a weight tensor. Where that is done on the CPU, halves that are not finite are refused: DalleError
 * `E_NOT_FINITE`.
 */
export function packWeights(w: Tensor, lanes: PackAttributes['lanes']): Tensor {
  return apply(packWeightsOp, [w], { weight: w.shape as PackAttributes['weight'], lanes });
}

export function packedConv2d({ x, packed, bias, residual }: PackedInputs, attributes: PackedConv2dAttributes): Tensor {
  return apply(packedConv2dOp, [x, packed, ...(bias ? [bias] : []), ...(residual ? [residual] : [])], attributes);
}

/** The inputs of a packed_conv2d by name. */
interface PackedInputs {
  readonly x: Tensor;
  readonly packed: Tensor;
  readonly bias?: Tensor;
  readonly residual?: Tensor;
}

/** The same convolution with some inputs and attributes changed: what rewrite rules do. */
export function withPackedInputs(
  tensor: TensorOf<PackedConv2dAttributes>,
  inputs: Partial<PackedInputs>,
  attributes: Partial<PackedConv2dAttributes>,
): Tensor {
  const old = tensor.attributes;
  const [x, packed, ...rest] = tensor.inputs as [Tensor, Tensor, ...Tensor[]];
  const bias = old.bias ? rest[0] : undefined;
  const residual = old.gain === undefined ? undefined : rest[rest.length - 1];
  return packedConv2d(
    { x, packed, ...(bias && { bias }), ...(residual && { residual }), ...inputs },
    { ...old, ...attributes },
  );
}

/** id + gain · (conv2d(relu(x)) + b) in float64: the reference of packed_conv2d and of what is built on it. */
export function computePackedConv2d(call: ReferenceCall<PackedConv2dAttributes>): void {
  const { weight, reluInput, bias, gain, residualScale, strides } = call.attributes;
  const [x, packed] = call.inputs;
  const plain = new Float64Array(weight[0] * weight[1] * weight[2] * weight[3]);
  visitPacked(call.attributes, (from, to) => (plain[to] = packed![from]!));
  const input = reluInput ? x!.map((value) => Math.max(value, 0)) : x!;
  const biasInputs = bias ? [call.inputs[2]!] : [];
  const types = [call.inputTypes[0]!, { shape: weight, dtype: 'f32' as const }];
  const sums = new Float64Array(call.output.length);
  const inputs = [input, plain, ...biasInputs];
  computeConv2d({ inputs, inputTypes: types, output: sums, outputType: call.outputType }, strides);
  if (gain === undefined) {
    call.output.set(sums);
    roundResult(call.output, call.outputType);
    return;
  }
  const residual = call.inputs[call.inputs.length - 1]!;
  const [, , outHeight, outWidth] = call.outputType.shape as [number, number, number, number];
  for (let i = 0; i < sums.length; i++) {
    const y = Math.floor(i / outWidth) % outHeight;
    const plane = Math.floor(i / (outWidth * outHeight));
    const row = Math.floor((plane * outHeight + y) / residualScale); // outHeight is a multiple of the scale
    const from = row * (outWidth / residualScale) + Math.floor((i % outWidth) / residualScale);
    call.output[i] = residual[from]! + gain * sums[i]!;
  }
  roundResult(call.output, call.outputType);
}
