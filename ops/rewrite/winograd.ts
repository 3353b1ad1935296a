/**
 * 3×3 convolutions by Winograd's F(4×4, 3×3) or F(2×2, 3×3): 4 or 2.25 times fewer multiplications, for two transforms
 * of the input and two of the output. Each step is an op of its own (ops/winograd), so the plan shows and times them.
 *
 * Where it pays: the transforms cost a few reads a pixel and channel, the product saves reads in proportion to the
 * channels on the other side, so both sides must be wide; and the transformed weights are larger, so the map must be
 * large beside them. It cancels large terms, so it is held to a bound of its own (winograd.test.ts).
 *
 * Behind an upsample ×2 the small map is transformed and the larger one never made (ops/winograd/upsampled.ts).
 */
import { isDerived, isOf } from '../../engine/index.ts';
import type { Rule, Tensor, TensorOf } from '../../engine/index.ts';
import { castToFloat, castToHalf } from '../cast/cast.ts';
import { packWeights, packWeightsOp, packedConv2dOp } from '../conv2d/packed-conv2d.ts';
import type { PackedConv2dAttributes } from '../conv2d/attributes.ts';
import { reluOp } from '../elementwise/unary.ts';
import { upsampleNearest2dOp } from '../upsample-nearest2d/upsample-nearest2d.ts';
import { winogradForward } from '../winograd/forward.ts';
import { winogradInverse } from '../winograd/inverse.ts';
import { scaleForHalves, winograd2, winograd4 } from '../winograd/matrices.ts';
import type { WinogradMatrices } from '../winograd/matrices.ts';
import { winogradProduct } from '../winograd/product.ts';
import { winogradWeights } from '../winograd/weights.ts';

export interface WinogradLimits {
  /** Least channels in and out. */
  readonly channels: number;
  /** Least pixels of one map. */
  readonly pixels: number;
  /** Most numbers in the transformed domain, on the wider side: t²/m² for each pixel and channel. */
  readonly transformed: number;
}

/** 184 MB in fp32: what the largest tile needs (tile_large_maps). */
const transformed = 46e6;

/** F(4×4): 1.2 times as fast as direct with 64 channels, 1.9 with 256 (bench/lab); weights four times as large. */
export const winogradLargeMaps: Rule = winogradRule('winograd_large_maps', winograd4, {
  channels: 64,
  pixels: 64 * 64,
  transformed,
});

/** F(2×2): 1.2 times as fast with 256 channels, slower with few (bench/lab); weights 1.8 times as large. */
export const winogradSmallMaps: Rule = winogradRule('winograd_small_maps', winograd2, {
  channels: 256,
  pixels: 16 * 16,
  transformed,
});

/** The rule with other matrices or limits, for comparisons and tests. */
export function winogradRule(name: string, matrices: WinogradMatrices, limits: WinogradLimits): Rule {
  return {
    name,
    why: 'packed_conv2d 3×3 → transform, product, inverse transform: fewer multiplications for more passes.',
    apply(tensor) {
      if (!isOf(tensor, packedConv2dOp) || tensor.inputs[1]!.op !== packWeightsOp) return undefined;
      return pays(tensor, matrices, limits) ? convolve(tensor, matrices) : undefined;
    },
  };
}

type PackedConv2d = TensorOf<PackedConv2dAttributes>;

/** A weight that a run makes is transformed in each, which a map of four times the size is worth. */
function pays(tensor: PackedConv2d, { tile, outputs }: WinogradMatrices, limits: WinogradLimits): boolean {
  const [outChannels, inChannels, ...kernel] = tensor.attributes.weight;
  const [batch, , height, width] = tensor.shape as [number, number, number, number];
  const widest = Math.max(inChannels, outChannels);
  return (
    tensor.attributes.strides === undefined &&
    kernel.every((side) => side === 3) &&
    Math.min(outChannels, inChannels) >= limits.channels &&
    height * width >= limits.pixels * (isDerived(tensor.inputs[1]!) ? 1 : 4) &&
    (batch * widest * height * width * tile ** 2) / outputs ** 2 <= limits.transformed
  );
}

/** The chain of ops in the place of a packed_conv2d 3×3. */
function convolve(tensor: PackedConv2d, plainMatrices: WinogradMatrices): Tensor {
  const { reluInput, bias, gain, residualScale } = tensor.attributes;
  const [input, packed, ...extras] = tensor.inputs;
  const [, outChannels, height, width] = tensor.shape as [number, number, number, number];
  // Halves in, by halves, to halves: then what lies between may be halves too.
  const halves = [input!, packed!, tensor].every(({ dtype }) => dtype === 'f16');
  const matrices = halves ? scaleForHalves(plainMatrices) : plainMatrices;
  const common = { matrices, dtype: halves ? 'f16' : 'f32' } as const;
  // Sums of halves are no halves, so what is upsampled stays so for them.
  const upsampled = !halves && outChannels % 4 === 0 && isDoubled(input!);
  const small = upsampled ? input!.inputs[0]! : input!;
  const clipped = upsampled && small.op === reluOp; // which upsample_later moved there
  const x = castTo(clipped ? small.inputs[0]! : small, common.dtype); // [B, I, H/P, W/P]
  const phases = upsampled ? 2 : 1;
  const rows = winogradForward(x, { axis: 'h', reluInput: reluInput || clipped, ...common }); // [t·B, I, H/P/m, W/P]
  const tiles = winogradForward(rows, { axis: 'w', reluInput: false, ...common }); // [t²·B, I, H/P/m, W/P/m]
  const weights = winogradWeights(packInLanes(packed!, halves ? 8 : 4), { ...common, phases }); // [t², P²·O, I/L, L]
  const products = winogradProduct(tiles, weights); // [t²·B, P²·O, H/P/m, W/P/m]
  const plain = { phases, bias: false, gain: undefined, residualScale: 1 };
  const back = winogradInverse(products, [], { axis: 'w', size: width, ...common, ...plain }); // [t·B, P·O, H/P/m, W]
  const last = { axis: 'h', size: height, ...common, phases, bias, gain, residualScale } as const;
  return castTo(winogradInverse(back, extras, last), tensor.dtype); // [B, O, H, W]
}

/** The packed weight, packed again where x is no longer read by as many channels. */
function packInLanes(packed: Tensor, lanes: 4 | 8): Tensor {
  return isOf(packed, packWeightsOp) && packed.attributes.lanes !== lanes
    ? packWeights(packed.inputs[0]!, lanes)
    : packed;
}

function isDoubled(tensor: Tensor): boolean {
  return isOf(tensor, upsampleNearest2dOp) && tensor.attributes.scale === 2;
}

function castTo(tensor: Tensor, dtype: Tensor['dtype']): Tensor {
  return dtype === 'f16' ? castToHalf(tensor) : castToFloat(tensor);
}
