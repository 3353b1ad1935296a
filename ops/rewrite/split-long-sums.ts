/**
 * Sums over many numbers in several draws on WebGL, so that no fragment walks a whole loss, and errors do not add up
 * over a million terms in a row: one axis after another, and what is long in parts first.
 */
import { isOf, tensor as constantOf } from '../../engine/index.ts';
import type { Rule, Shape, Tensor } from '../../engine/index.ts';
import { div, mul } from '../elementwise/binary.ts';
import { partialSums } from '../reduce/partial-sums.ts';
import { meanOp, sum, sumOp } from '../reduce/reduce.ts';
import { sumProductsOp } from '../reduce/sum-products.ts';
import { channelAxis } from '../shader/indices.ts';

/** Texels that a fragment may walk, and how many a part has. */
const MOST = 256;
const PART = 64;

export const splitLongSums: Rule = {
  name: 'split_long_sums',
  why: 'sum over much → sums of parts and their sum: one fragment would walk it all while the others wait.',
  apply: split,
};

function split(tensor: Tensor): Tensor | undefined {
  const [x] = tensor.inputs;
  if (isOf(tensor, sumProductsOp)) {
    const { axis } = tensor.attributes;
    return stepsAlong(x!.shape, axis) > MOST ? sum(mul(x!, tensor.inputs[1]!), [axis], true) : undefined;
  }
  const isMean = isOf(tensor, meanOp);
  if (!(isMean || isOf(tensor, sumOp)) || x!.dtype === 'i32') return undefined;
  const { axes, keepDims } = tensor.attributes;
  const steps = axes.map((axis) => stepsAlong(x!.shape, axis));
  const longest = Math.max(...steps);
  if (steps.reduce((product, count) => product * count, 1) <= MOST) return undefined;
  if (isMean) {
    const count = axes.reduce((product, axis) => product * x!.shape[axis]!, 1);
    return div(sum(x!, axes, keepDims), constantOf([count], []));
  }
  const axis = axes[steps.indexOf(longest)]!;
  const chunk = axis === channelAxis(x!.shape.length) ? 4 * PART : PART;
  return sum(longest > MOST ? partialSums(x!, { axis, chunk }) : sum(x!, [axis], true), axes, keepDims);
}

/** Texels from one end of an axis to the other. */
function stepsAlong(shape: Shape, axis: number): number {
  return axis === channelAxis(shape.length) ? Math.ceil(shape[axis]! / 4) : shape[axis]!;
}
