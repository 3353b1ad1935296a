/**
 * concat: tensors joined end to end along one axis, as `torch.cat`.
 * [.., A₁, ..], [.., A₂, ..], … → [.., A₁ + A₂ + …, ..]; all other sizes and the dtype must be the same.
 */
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, resolveAxis, stridesOf, checkTensors } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor, TensorType } from '../../engine/index.ts';
import { visitTogether } from '../strided.ts';
import type { ConcatAttributes } from './attributes.ts';
import { concatCpu } from './cpu/concat.ts';
import { concatGl } from './gl/concat.ts';

/** Textures that one draw of concat reads. WebGL 2 guarantees sixteen. */
const mostInputs = 8;

export const concatOp: Op<ConcatAttributes> = {
  name: 'concat',
  infer: inferConcat,
  reference: computeConcat,
  describe: ({ axis }) => `axis ${axis}`,
  kernels: { webgl: concatGl, cpu: concatCpu },
};

/**
 * Joins tensors along `axis` (negative: from the last). More than eight are joined in steps, which copies the first
 * ones again at each.
 * @throws ShapeError `E_SHAPE` for no tensors or sizes that differ on another axis, `E_DTYPE` for different dtypes,
 *   `E_ATTRIBUTE` for an axis that the tensors do not have.
 */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  checkTensors('concat', 'tensors', tensors);
  const [first] = tensors;
  if (!first) throw new ShapeError('E_SHAPE', 'concat: there must be at least one tensor, got none.');
  const attributes = { axis: resolveAxis('concat', axis, first.shape.length) };
  const joined = apply(concatOp, tensors.slice(0, mostInputs), attributes);
  return tensors.length > mostInputs ? concat([joined, ...tensors.slice(mostInputs)], axis) : joined;
}

function inferConcat(inputs: readonly TensorType[], { axis }: ConcatAttributes): TensorType {
  const { shape, dtype } = inputs[0]!;
  for (const input of inputs) {
    const fits =
      input.shape.length === shape.length && shape.every((size, at) => at === axis || size === input.shape[at]);
    if (!fits) {
      const shapes = inputs.map((each) => formatShape(each.shape)).join(', ');
      throw new ShapeError('E_SHAPE', `concat: tensors may differ in size along axis ${axis} only, got ${shapes}.`);
    }
    if (input.dtype !== dtype) {
      throw new ShapeError('E_DTYPE', `concat: all tensors must have the same dtype, got ${dtype} and ${input.dtype}.`);
    }
  }
  return {
    shape: shape.with(
      axis,
      inputs.reduce((sum, input) => sum + input.shape[axis]!, 0),
    ),
    dtype,
  };
}

function computeConcat(call: ReferenceCall<ConcatAttributes>): void {
  const { inputs, inputTypes, output, outputType, attributes } = call;
  const strides = stridesOf(outputType.shape);
  let start = 0;
  inputTypes.forEach(({ shape }, at) => {
    visitTogether(shape, { start: 0, strides: stridesOf(shape) }, { start, strides }, (from, to) => {
      output[to] = inputs[at]![from]!;
    });
    start += shape[attributes.axis]! * strides[attributes.axis]!;
  });
}
