/**
 * 3×3 convolutions of the CPU by Winograd's F(4×4, 3×3) or F(2×2, 3×3): 4 or 2.25 times fewer multiplications, for
 * transforms that cost as much as a few dozen channels do. The transformed weights are 4 or 1.8 times as large, and are
 * read once for each few tiles, so small maps of many channels get the smaller ones. It cancels large terms, so it is
 * held to a bound of its own.
 */
import { isDerived, isOf } from '../../engine/index.ts';
import type { Rule } from '../../engine/index.ts';
import { packWeightsOp, packedConv2dOp } from '../conv2d/packed-conv2d.ts';
import type { WinogradConv2dAttributes } from '../winograd/attributes.ts';
import { conv2dByWeightOp } from '../conv2d-by-weight/conv2d-by-weight.ts';
import { winogradByWeight } from '../winograd/winograd-by-weight.ts';
import { winogradConv2d } from '../winograd/winograd-conv2d.ts';

interface WinogradLimits {
  /** Least channels in and out. */
  readonly channels: number;
  /** Least pixels of one map. */
  readonly pixels: number;
  /** Most numbers of the transformed weight. */
  readonly transformed: number;
  /** Most of them for each pixel of a map [any]. */
  readonly transformedByPixel?: number;
}

/**
 * F(4×4): 1.3 times as fast as direct with 8 channels, 2.5 to 4 with 64 and more (bench/lab/cpu). Wide small maps hold
 * most of a net's weights and take little of its time: without it at 16² with 512 channels a VQGAN's decoder has 0.7
 * times the memory, and takes 1.03 times as long.
 */
export const winogradFour: Rule = winogradRuleForCpu('winograd_four', 4, {
  channels: 8,
  pixels: 16 * 16,
  transformed: 10e6, // 40 MB: 512 channels in and out
  transformedByPixel: 10e3, // those at 32²
});

/** F(2×2): 1.4 to 2.2 times as fast as direct, also where a tile of six would be larger than the map. */
export const winogradTwo: Rule = winogradRuleForCpu('winograd_two', 2, {
  channels: 64,
  pixels: 8 * 8,
  transformed: 40e6,
});

/** The rule with other limits, for comparisons and tests. */
export function winogradRuleForCpu(
  name: string,
  outputs: WinogradConv2dAttributes['outputs'],
  limits: WinogradLimits,
): Rule {
  return {
    name,
    why: 'packed_conv2d 3×3 → winograd_conv2d: fewer multiplications, and what lies between stays in the cache.',
    apply(tensor) {
      if (!isOf(tensor, packedConv2dOp)) return undefined;
      const [, packed] = tensor.inputs;
      const [outChannels, inChannels, ...kernel] = tensor.attributes.weight;
      if (!isOf(packed!, packWeightsOp) || tensor.attributes.lanes !== 1 || !isDerived(packed)) return undefined;
      const [, , height, width] = tensor.shape as [number, number, number, number];
      const transformed = outChannels * inChannels * (outputs + 2) ** 2;
      const pays =
        tensor.attributes.strides === undefined &&
        kernel.every((side) => side === 3) &&
        Math.min(outChannels, inChannels) >= limits.channels &&
        height * width >= limits.pixels &&
        transformed <= limits.transformed &&
        transformed <= (limits.transformedByPixel ?? Infinity) * height * width;
      return pays ? winogradConv2d(tensor, packed.inputs[0]!, outputs) : undefined;
    },
  };
}

interface ByWeightLimits {
  /** Least channels in and out, pixels of one map, and its width: four tiles lie side by side. */
  readonly channels: number;
  readonly pixels: number;
  readonly width: number;
}

/** The gradient by the weight, by F(4×4): 1.2 times as fast as direct with 8 channels, 1.3 to 1.8 with 16 to 128. */
export const winogradByWeightFour: Rule = winogradByWeightRule('winograd_by_weight_four', 4, {
  channels: 8,
  pixels: 16 * 16,
  width: 16,
});

/** By F(2×2): 1.4 times as fast where four tiles of six would be wider than the map. */
export const winogradByWeightTwo: Rule = winogradByWeightRule('winograd_by_weight_two', 2, {
  channels: 32,
  pixels: 8 * 8,
  width: 8,
});

/** The rule with other limits, for comparisons and tests. */
export function winogradByWeightRule(
  name: string,
  outputs: WinogradConv2dAttributes['outputs'],
  limits: ByWeightLimits,
): Rule {
  return {
    name,
    why: 'conv2d_by_weight 3×3 → winograd_by_weight: fewer multiplications, and what lies between stays in the cache.',
    apply(tensor) {
      if (!isOf(tensor, conv2dByWeightOp)) return undefined;
      const { kernel, stride, before } = tensor.attributes;
      const [outChannels, inChannels] = tensor.shape as [number, number, number, number];
      const [, , height, width] = tensor.inputs[0]!.shape as [number, number, number, number];
      const [, , inHeight, inWidth] = tensor.inputs[1]!.shape as [number, number, number, number];
      const fits =
        [...kernel, stride, ...before].join() === '3,3,1,1,1' &&
        tensor.inputs.every(({ dtype }) => dtype === 'f32') && // constants of halves are kept so, which it cannot read
        [inHeight, inWidth].join() === [height, width].join() &&
        Math.min(outChannels, inChannels) >= limits.channels &&
        height * width >= limits.pixels &&
        width >= limits.width;
      return fits ? winogradByWeight(tensor, outputs) : undefined;
    },
  };
}
