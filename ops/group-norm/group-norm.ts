/**
 * group_norm: the channels of a picture in groups of neighbours, each group moved and stretched to mean 0 and variance
 * 1 over all its pixels, then weight and bias by channel, as `torch.nn.functional.group_norm`. VQGANs have it before
 * every convolution. x [B, C, H, W], weight [C], bias [C] → [B, C, H, W].
 *
 * The variance is the mean of squared deviations from the mean, never a difference of two large numbers. WebGL's kernel
 * here is the plain one; the rule `split_group_norm` puts the draws of split-group-norm.ts in its place.
 */
import { checkNumbers, checkObject } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor, TensorType } from '../../engine/index.ts';
import { computeSilu } from '../elementwise/unary.ts';
import type { GroupNormAttributes } from './attributes.ts';
import { groupNormCpu } from './cpu/group-norm.ts';
import { groupNormGl } from './gl/group-norm.ts';

/** How groupNorm groups channels, and what it adds to the variance. */
export interface GroupNormOptions {
  /** Divides the channels. */
  readonly groups: number;
  /** Added to the variance [1e-5]. */
  readonly epsilon?: number;
}

export const groupNormOp: Op<GroupNormAttributes> = {
  name: 'group_norm',
  operands: ['x', 'weight', 'bias'],
  infer: inferGroupNorm,
  reference: computeGroupNorm,
  describe: ({ groups, epsilon, activation }) => {
    return `${groups} groups, epsilon ${epsilon}${activation === 'none' ? '' : `, ${activation} on write`}`;
  },
  kernels: { webgl: groupNormGl, cpu: groupNormCpu },
};

/**
 * (x − mean) / √(variance + epsilon) · weight + bias; mean and variance over the C/groups channels and all pixels of a
 * group, the variance divided by their number. x [B, C, H, W]; weight and bias [C]. `epsilon` is rounded to fp32.
 * @throws ShapeError `E_SHAPE` for other shapes, `E_ATTRIBUTE` unless groups divide C and epsilon is finite and ≥ 0.
 */
export function groupNorm(x: Tensor, weight: Tensor, bias: Tensor, options: GroupNormOptions): Tensor {
  checkObject('groupNorm', 'options', options);
  const { groups, epsilon = 1e-5 } = options;
  checkNumbers('groupNorm', 'groups and epsilon', [groups, epsilon]);
  if (!(Number.isFinite(epsilon) && epsilon >= 0)) {
    throw new ShapeError('E_ATTRIBUTE', `groupNorm: epsilon must be a finite number of at least 0, got ${epsilon}.`);
  }
  return apply(groupNormOp, [x, weight, bias], { groups, epsilon: Math.fround(epsilon), activation: 'none' });
}

function inferGroupNorm(inputs: readonly TensorType[], { groups }: GroupNormAttributes): TensorType {
  const [x, weight, bias] = inputs as [TensorType, TensorType, TensorType];
  if (x.shape.length !== 4) {
    throw new ShapeError('E_SHAPE', `groupNorm: x must be [B, C, H, W], got ${formatShape(x.shape)}.`);
  }
  const channels = x.shape[1]!;
  for (const [name, { shape }] of [['weight', weight] as const, ['bias', bias] as const]) {
    if (shape.length === 1 && shape[0] === channels) continue;
    throw new ShapeError(
      'E_SHAPE',
      `groupNorm: ${name} must be [${channels}], a number for each channel of x ${formatShape(x.shape)}, ` +
        `got ${formatShape(shape)}.`,
    );
  }
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new ShapeError(
      'E_ATTRIBUTE',
      `groupNorm: groups must be a whole number that divides the ${channels} channels of x ${formatShape(x.shape)}, ` +
        `got ${groups}. Nets with 32 groups have 32 channels, 64, 96 and so on.`,
    );
  }
  return { shape: x.shape, dtype: 'f32' };
}

function computeGroupNorm({ inputs, inputTypes, output, attributes }: ReferenceCall<GroupNormAttributes>): void {
  const [x, weight, bias] = inputs;
  const [, channels, height, width] = inputTypes[0]!.shape as [number, number, number, number];
  const pixels = height * width;
  const count = (channels / attributes.groups) * pixels;
  for (let start = 0; start < output.length; start += count) {
    const group = x!.subarray(start, start + count);
    let total = 0;
    for (const value of group) total += value;
    const mean = total / count;
    let squares = 0;
    for (const value of group) squares += (value - mean) ** 2;
    const scale = 1 / Math.sqrt(squares / count + attributes.epsilon);
    for (let i = 0; i < count; i++) {
      const c = Math.floor((start + i) / pixels) % channels;
      const value = (group[i]! - mean) * scale * weight![c]! + bias![c]!;
      output[start + i] = attributes.activation === 'silu' ? computeSilu(value) : value;
    }
  }
}
