/**
 * Gradients of convolutions and of what stands between them in nets of pictures. A convolution passes back to its input
 * by a convolution too, of a weight that derives from its own: the rules that make the one fast make the other.
 */
import { gradientOf, sizeOf, tensor as constantOf } from '../../engine/index.ts';
import type { GradientEntry, Tensor } from '../../engine/index.ts';
import { conv2dByWeight, conv2dByWeightOp } from '../conv2d-by-weight/conv2d-by-weight.ts';
import type { Strides } from '../conv2d/attributes.ts';
import { conv2d, conv2dOp } from '../conv2d/conv2d.ts';
import { stridedConv2d, stridedConv2dOp } from '../conv2d/strided-conv2d.ts';
import { add, mul, sub } from '../elementwise/binary.ts';
import { exp, log } from '../elementwise/unary.ts';
import { flipWeights, flipWeightsOp } from '../flip-weights/flip-weights.ts';
import type { GroupNormAttributes } from '../group-norm/attributes.ts';
import { groupNormOp } from '../group-norm/group-norm.ts';
import { maxPool2dByX } from '../max-pool2d-by-x/max-pool2d-by-x.ts';
import { maxPool2dOp } from '../max-pool2d/max-pool2d.ts';
import { pad } from '../pad/pad.ts';
import { pixelShuffle, pixelShuffleOp } from '../pixel-shuffle/pixel-shuffle.ts';
import { mean, sum } from '../reduce/reduce.ts';
import { reshape } from '../reshape/reshape.ts';
import { slice } from '../slice/slice.ts';
import { sumPool2d, sumPool2dOp } from '../sum-pool2d/sum-pool2d.ts';
import { transpose } from '../transpose/transpose.ts';
import { upsampleNearest2d, upsampleNearest2dOp } from '../upsample-nearest2d/upsample-nearest2d.ts';
import { scale } from './broadcasting.ts';

type Four = readonly [number, number, number, number];

export const convolutionGradients: readonly GradientEntry[] = [
  gradientOf(conv2dOp, ({ tensor, cotangent, wants }) => {
    const [x, w] = tensor.inputs as [Tensor, Tensor];
    const [, , ...kernel] = w.shape as Four;
    return [
      wants(0) ? conv2d(cotangent, flipWeights(w)) : undefined,
      wants(1) ? conv2dByWeight(cotangent, x, kernel) : undefined,
      wants(2) ? sum(cotangent, [0, 2, 3]) : undefined,
    ];
  }),
  gradientOf(stridedConv2dOp, ({ tensor, cotangent, wants }) => {
    const [x, w] = tensor.inputs as [Tensor, Tensor];
    const [, , ...kernel] = w.shape as Four;
    return [
      wants(0) ? spreadBack(cotangent, w, x.shape as Four, tensor.attributes) : undefined,
      wants(1) ? conv2dByWeight(cotangent, x, kernel, tensor.attributes) : undefined,
      wants(2) ? sum(cotangent, [0, 2, 3]) : undefined,
    ];
  }),
  // It is linear in both of its inputs: the cotangent stands where the weight stood.
  gradientOf(conv2dByWeightOp, ({ tensor, cotangent, wants }) => {
    const [g, x] = tensor.inputs as [Tensor, Tensor];
    const { stride, before, kernel } = tensor.attributes;
    const [, , height, width] = g.shape as Four;
    const strides: Strides = { stride, before, size: [height, width] };
    return [
      wants(0) ? convolveAgain(x, cotangent, kernel, strides) : undefined,
      wants(1) ? spreadBack(g, cotangent, x.shape as Four, strides) : undefined,
    ];
  }),
  gradientOf(flipWeightsOp, ({ cotangent }) => [flipWeights(cotangent)]),
  gradientOf(maxPool2dOp, ({ tensor: { inputs, attributes }, cotangent }) => {
    return [maxPool2dByX(cotangent, inputs[0]!, attributes.size)];
  }),
  gradientOf(upsampleNearest2dOp, ({ tensor, cotangent }) => [sumPool2d(cotangent, tensor.attributes.scale)]),
  gradientOf(sumPool2dOp, ({ tensor, cotangent }) => [upsampleNearest2d(cotangent, tensor.attributes.size)]),
  gradientOf(pixelShuffleOp, ({ tensor, cotangent }) => [gatherSquares(cotangent, tensor.attributes.scale)]),
  gradientOf(groupNormOp, ({ tensor, cotangent, wants }) => {
    const [x, weight] = tensor.inputs as [Tensor, Tensor];
    const { normal, inverse } = normalize(x, tensor.attributes);
    const byChannel = reshape(weight, [weight.shape[0]!, 1, 1]);
    return [
      wants(0) ? normBack(mul(cotangent, byChannel), normal, inverse) : undefined,
      wants(1) ? sum(mul(cotangent, normal), [0, 2, 3]) : undefined,
      wants(2) ? sum(cotangent, [0, 2, 3]) : undefined,
    ];
  }),
];

/** What a strided convolution passes back to x [B, I, H, W]: the cotangent with zeros between its pixels, convolved. */
function spreadBack(
  cotangent: Tensor,
  w: Tensor,
  [, , ...map]: Four,
  { stride, before }: Pick<Strides, 'stride' | 'before'>,
): Tensor {
  const [, , ...kernel] = w.shape as Four;
  const wide = stride === 1 ? cotangent : spreadPixels(cotangent); // [B, O, s·OH, s·OW]
  const [batch, channels, ...sizes] = wide.shape as Four;
  const seen = map.map((size, axis) => Math.min(sizes[axis]!, size + before[axis]!)) as [number, number];
  const used = sizes.some((size, axis) => size > seen[axis]!)
    ? slice(wide, [0, 0, 0, 0], [batch, channels, ...seen])
    : wide;
  const [top, left] = kernel.map((size, axis) => size - 1 - before[axis]!) as [number, number];
  const [bottom, right] = map.map((size, axis) => size + before[axis]! - seen[axis]!) as [number, number];
  return stridedConv2d(used, flipWeights(w), undefined, { stride: 1, padding: [top, left, bottom, right] });
}

/** Zeros right of each pixel and below it: x [B, C, H, W] → [B, C, 2H, 2W]. */
function spreadPixels(x: Tensor): Tensor {
  const [batch, channels, height, width] = x.shape as Four;
  const planes = reshape(x, [batch * channels, 1, height, width]);
  const squares = pixelShuffle(pad(planes, [0, 0, 0, 0], [0, 3, 0, 0])); // [B·C, 1, 2H, 2W]
  return reshape(squares, [batch, channels, 2 * height, 2 * width]);
}

/** The convolution of x that gives as many pixels as it did, with another weight. */
function convolveAgain(x: Tensor, w: Tensor, kernel: readonly number[], { stride, before, size }: Strides): Tensor {
  const [batch, channels, ...map] = x.shape as Four;
  // Pixels beyond the last window were not seen.
  const seen = size.map((count, axis) => (count - 1) * stride + kernel[axis]! - before[axis]!) as [number, number];
  const used = map.map((length, axis) => Math.min(length, seen[axis]!)) as [number, number];
  const [bottom, right] = seen.map((length, axis) => length - used[axis]!) as [number, number];
  const inside = used.some((length, axis) => length < map[axis]!)
    ? slice(x, [0, 0, 0, 0], [batch, channels, ...used])
    : x;
  return stridedConv2d(inside, w, undefined, { stride, padding: [before[0], before[1], bottom, right] });
}

/** The inverse of pixelShuffle: x [B, C, H·s, W·s] → [B, C·s², H, W]. */
function gatherSquares(x: Tensor, s: number): Tensor {
  const [batch, channels, height, width] = x.shape as Four;
  const [h, w] = [height / s, width / s];
  const columns = transpose(reshape(x, [batch * channels * h, s, w, s]), [0, 1, 3, 2]); // [B·C·H, s, s, W]
  const rows = transpose(reshape(columns, [batch * channels, h, s * s, w]), [0, 2, 1, 3]); // [B·C, s², H, W]
  return reshape(rows, [batch, channels * s * s, h, w]);
}

/** x as group_norm has it before weight and bias, [B, C, H, W], and 1/√(variance + epsilon), [B·G, 1]. */
function normalize(x: Tensor, { groups, epsilon }: GroupNormAttributes): { normal: Tensor; inverse: Tensor } {
  const [batch, channels, height, width] = x.shape as Four;
  const rows = reshape(x, [batch * groups, (channels / groups) * height * width]);
  const centred = sub(rows, mean(rows, [1], true));
  const variance = mean(mul(centred, centred), [1], true);
  const inverse = exp(scale(log(add(variance, constantOf([epsilon], []))), -0.5));
  return { normal: reshape(mul(centred, inverse), x.shape), inverse };
}

/** What a norm passes back, given what comes to its normalised numbers. */
function normBack(cotangent: Tensor, normal: Tensor, inverse: Tensor): Tensor {
  const [groups] = inverse.shape as [number];
  const rows = (tensor: Tensor): Tensor => reshape(tensor, [groups, sizeOf(tensor.shape) / groups]);
  const [g, z] = [rows(cotangent), rows(normal)];
  const alongZ = mul(z, mean(mul(g, z), [1], true));
  return reshape(mul(sub(sub(g, mean(g, [1], true)), alongZ), inverse), cotangent.shape);
}
