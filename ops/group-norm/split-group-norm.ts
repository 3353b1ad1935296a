/**
 * A group norm in five draws: partial sums of a map's boxes, the mean of each group, partial sums of what is left and
 * of its squares, the scale of each group, and the result. Each reads the map once at most, and no fragment more than a
 * box of it. Built by the rule `split_group_norm`, not by hand.
 *
 * x [B, C, H, W] → sums [B, C, 1, P] → mean [B, C, 1, 1] → squares [B, C, 2, P] → scale [B, C, 2, 1] → [B, C, H, W].
 */
import { apply } from '../../engine/index.ts';
import type { NumericArray, Op, ReferenceCall, Shape, Tensor, TensorOf } from '../../engine/index.ts';
import { computeSilu } from '../elementwise/unary.ts';
import { cutIntoChunks } from './attributes.ts';
import type { GroupNormAttributes } from './attributes.ts';
import { groupMeanGl, groupScaleGl, groupSquaresGl, groupSumsGl, scaleGroupsGl } from './gl/split-group-norm.ts';

type Map = readonly [batch: number, channels: number, height: number, width: number];

/** Of each box of x the sum of its numbers less the first number of their group. */
const groupSumsOp: Op<GroupNormAttributes> = {
  name: 'group_sums',
  operands: ['x'],
  infer: ([x]) => ({ shape: partsOf(x!.shape, 1), dtype: 'f32' }),
  reference: ({ inputs: [x], inputTypes, output, attributes }) => {
    const map = inputTypes[0]!.shape as Map;
    const sum = sumChunks(x!, map);
    firstOfGroups(x!, map, attributes).forEach((first, channel) => {
      const sums = sum(channel, (value) => value - first);
      output.set(sums, channel * sums.length);
    });
  },
  kernels: { webgl: groupSumsGl },
};

/** The mean of each channel's group, from the sums and x. */
const groupMeanOp: Op<GroupNormAttributes> = {
  name: 'group_mean',
  operands: ['sums', 'x'],
  infer: ([, x]) => ({ shape: [x!.shape[0]!, x!.shape[1]!, 1, 1], dtype: 'f32' }),
  reference: ({ inputs: [sums, x], inputTypes, output, attributes }) => {
    const [parts, map] = inputTypes.map(({ shape }) => shape as Map);
    const means = meanOfGroups(sums!, parts!, 0, { ...attributes, count: countOf(map!, attributes) });
    firstOfGroups(x!, map!, attributes).forEach((first, channel) => (output[channel] = first + means[channel]!));
  },
  kernels: { webgl: groupMeanGl },
};

/** Of each box of x the sum of its numbers less the mean, and in a second row of their squares. */
const groupSquaresOp: Op<undefined> = {
  name: 'group_squares',
  operands: ['x', 'mean'],
  infer: ([x]) => ({ shape: partsOf(x!.shape, 2), dtype: 'f32' }),
  reference: ({ inputs: [x, mean], inputTypes, output }) => {
    const sum = sumChunks(x!, inputTypes[0]!.shape as Map);
    mean!.forEach((origin, channel) => {
      const sums = sum(channel, (value) => value - origin);
      const squares = sum(channel, (value) => (value - origin) ** 2);
      output.set([...sums, ...squares], 2 * channel * sums.length);
    });
  },
  kernels: { webgl: groupSquaresGl },
};

interface ScaleAttributes extends GroupNormAttributes {
  /** Numbers of a group. */
  readonly count: number;
}

/** What the mean still lacks, and in a second row 1 / √(variance + epsilon). */
const groupScaleOp: Op<ScaleAttributes> = {
  name: 'group_scale',
  operands: ['squares'],
  infer: ([squares]) => ({ shape: [squares!.shape[0]!, squares!.shape[1]!, 2, 1], dtype: 'f32' }),
  reference: ({ inputs: [squares], inputTypes, output, attributes }) => {
    const parts = inputTypes[0]!.shape as Map;
    const means = meanOfGroups(squares!, parts, 1, attributes);
    meanOfGroups(squares!, parts, 0, attributes).forEach((rest, channel) => {
      output[2 * channel] = rest;
      output[2 * channel + 1] = 1 / Math.sqrt(Math.max(means[channel]! - rest ** 2, 0) + attributes.epsilon);
    });
  },
  kernels: { webgl: groupScaleGl },
};

/** ((x − mean) − rest) · scale · weight + bias, and the activation. */
const scaleGroupsOp: Op<GroupNormAttributes> = {
  name: 'scale_groups',
  operands: ['x', 'mean', 'scale', 'weight', 'bias'],
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  reference: computeScaleGroups,
  describe: ({ activation }) => (activation === 'none' ? '' : `${activation} on write`),
  kernels: { webgl: scaleGroupsGl },
};

/** The five in the place of a group_norm. */
export function splitGroupNorm({ inputs, attributes }: TensorOf<GroupNormAttributes>): Tensor {
  const [x, weight, bias] = inputs as [Tensor, Tensor, Tensor];
  const mean = apply(groupMeanOp, [apply(groupSumsOp, [x], attributes), x], attributes);
  const squares = apply(groupSquaresOp, [x, mean], undefined);
  const scale = apply(groupScaleOp, [squares], { ...attributes, count: countOf(x.shape as Map, attributes) });
  return apply(scaleGroupsOp, [x, mean, scale, weight, bias], attributes);
}

function countOf([, channels, height, width]: Map, { groups }: GroupNormAttributes): number {
  return (channels / groups) * height * width;
}

function partsOf(shape: Shape, rows: number): number[] {
  const [batch, channels, height, width] = shape as Map;
  return [batch, channels, rows, cutIntoChunks(height, width).count];
}

/** For each channel of each picture the first number of its group. */
function firstOfGroups(
  x: NumericArray,
  [batch, channels, height, width]: Map,
  { groups }: GroupNormAttributes,
): number[] {
  const size = channels / groups;
  return Array.from({ length: batch * channels }, (_, channel) => {
    return x[Math.floor(channel / size) * size * height * width]!;
  });
}

/** For each channel of each picture the mean of its group, by the sums in a row of parts [B, C, rows, P]. */
function meanOfGroups(
  parts: NumericArray,
  [batch, channels, rows, count]: Map,
  row: number,
  { groups, count: numbers }: ScaleAttributes,
): number[] {
  const size = channels / groups;
  return Array.from({ length: batch * channels }, (_, channel) => {
    const first = Math.floor(channel / size) * size;
    let total = 0;
    for (let c = first; c < first + size; c++) {
      for (let i = 0; i < count; i++) total += parts[(c * rows + row) * count + i]!;
    }
    return total / numbers;
  });
}

/** Sums a function of a channel's numbers over each box of its map. */
function sumChunks(
  x: NumericArray,
  [, , height, width]: Map,
): (channel: number, term: (value: number) => number) => Float64Array {
  const chunks = cutIntoChunks(height, width);
  return (channel, term) => {
    const sums = new Float64Array(chunks.count);
    for (let i = 0; i < height * width; i++) {
      const [y, column] = [Math.floor(i / width), i % width];
      const chunk = Math.floor(y / chunks.height) * chunks.across + Math.floor(column / chunks.width);
      sums[chunk]! += term(x[channel * height * width + i]!);
    }
    return sums;
  };
}

function computeScaleGroups({ inputs, inputTypes, output, attributes }: ReferenceCall<GroupNormAttributes>): void {
  const [x, mean, scale, weight, bias] = inputs;
  const [, channels, height, width] = inputTypes[0]!.shape as Map;
  for (let i = 0; i < output.length; i++) {
    const channel = Math.floor(i / (height * width));
    const [rest, slope] = [scale![2 * channel]!, scale![2 * channel + 1]!];
    const normal = (x![i]! - mean![channel]! - rest) * slope;
    const value = normal * weight![channel % channels]! + bias![channel % channels]!;
    output[i] = attributes.activation === 'silu' ? computeSilu(value) : value;
  }
}
