/**
 * A batch whose maps are too large together is computed some pictures at a time, each through the whole net: pictures
 * do not look at each other, so nothing is computed twice, and memory is that of one picture, whatever the batch.
 */
import { apply, isOf, sizeOf } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { argmaxOp } from '../argmax/argmax.ts';
import { concat, concatOp } from '../concat/concat.ts';
import { conv2dOp } from '../conv2d/conv2d.ts';
import { maxPool2dOp } from '../max-pool2d/max-pool2d.ts';
import { oneHotOp } from '../one-hot/one-hot.ts';
import { slice, sliceOp } from '../slice/slice.ts';
import { upsampleNearest2dOp } from '../upsample-nearest2d/upsample-nearest2d.ts';

/** As many numbers as the largest map of the official nets has at 256², and a little more. */
export const splitBatch: Rule = batchRule(17e6);

/** The rule with another limit of numbers in the largest map of a batch, for tests. */
export function batchRule(most: number): Rule {
  return {
    name: 'split_batch',
    why: 'a net on a batch whose maps are too large → the same on some pictures at a time.',
    apply(tensor, { isOutput }) {
      const [batch] = tensor.shape;
      if (!isOutput(tensor) || batch === undefined || batch < 2 || !readsByPicture(tensor)) return undefined;
      const count = Math.max(1, Math.floor(most / findLargest(tensor)));
      if (count >= batch) return undefined;
      const firsts = Array.from({ length: Math.ceil(batch / count) }, (_, part) => part * count);
      return concat(
        firsts.map((first) => copyPictures(tensor, first, Math.min(count, batch - first))),
        0,
      );
    },
  };
}

/** Whether each picture of the result depends on the same picture of each input that has as many, and on no other. */
function readsByPicture(tensor: Tensor): boolean {
  const { op, shape, inputs } = tensor;
  if (op === conv2dOp || op === maxPool2dOp || op === upsampleNearest2dOp || op.mapwise) {
    return shape.length === 4;
  }
  if (isOf(tensor, argmaxOp) || isOf(tensor, oneHotOp) || isOf(tensor, concatOp)) return tensor.attributes.axis > 0;
  return isOf(tensor, sliceOp) && tensor.attributes.size[0] === inputs[0]!.shape[0];
}

/** The inputs that hold the pictures; weights, biases and scalars serve them all. */
function pictureInputs({ op, inputs, shape }: Tensor): readonly Tensor[] {
  if (!op.mapwise) return op === concatOp ? inputs : inputs.slice(0, 1);
  return inputs.filter((input) => input.shape.length === 4 && input.shape[0] === shape[0]);
}

/** Numbers of one picture in the largest map between the result and what it is computed from. */
function findLargest(result: Tensor): number {
  const seen = new Set<Tensor>();
  let largest = 0;
  const visit = (tensor: Tensor): void => {
    if (seen.has(tensor)) return;
    seen.add(tensor);
    largest = Math.max(largest, sizeOf(tensor.shape) / tensor.shape[0]!);
    if (readsByPicture(tensor)) pictureInputs(tensor).forEach(visit);
  };
  visit(result);
  return largest;
}

/** What was copied already, by tensor and pictures: the outputs of a net share what they are computed from. */
const copies = new WeakMap<Tensor, Map<string, Tensor>>();

/** The tensor on pictures `first` … `first + count − 1` only. */
function copyPictures(tensor: Tensor, first: number, count: number): Tensor {
  const known = copies.get(tensor) ?? new Map<string, Tensor>();
  copies.set(tensor, known);
  const key = `${first}+${count}`;
  const copy = known.get(key) ?? copyOne(tensor, first, count);
  known.set(key, copy);
  return copy;
}

function copyOne(tensor: Tensor, first: number, count: number): Tensor {
  const { op, inputs, attributes, shape } = tensor;
  if (!readsByPicture(tensor)) return slice(tensor, [first, ...shape.slice(1).map(() => 0)], shape.with(0, count));
  const carriers = pictureInputs(tensor);
  const copied = inputs.map((input) => (carriers.includes(input) ? copyPictures(input, first, count) : input));
  if (!isOf(tensor, sliceOp)) return apply(op, copied, attributes);
  const { begin, size } = tensor.attributes;
  return slice(copied[0]!, begin, size.with(0, count));
}
