/** Gradients of ops that only move numbers: each passes them back to where they came from. */
import { gradientOf } from '../../engine/index.ts';
import type { GradientEntry } from '../../engine/index.ts';
import { afterOp } from '../after/after.ts';
import { castToFloatOp, castToHalfOp } from '../cast/cast.ts';
import { concatOp } from '../concat/concat.ts';
import { fromRows, fromRowsOp, toRows, toRowsOp } from '../flat-rows/flat-rows.ts';
import { pad, padOp } from '../pad/pad.ts';
import { reshape, reshapeOp } from '../reshape/reshape.ts';
import { slice, sliceOp } from '../slice/slice.ts';
import { transpose, transposeOp } from '../transpose/transpose.ts';

export const moveGradients: readonly GradientEntry[] = [
  gradientOf(reshapeOp, ({ tensor, cotangent }) => [reshape(cotangent, tensor.inputs[0]!.shape)]),
  gradientOf(transposeOp, ({ tensor: { attributes }, cotangent }) => {
    const { permutation } = attributes;
    return [
      transpose(
        cotangent,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
    ];
  }),
  gradientOf(sliceOp, ({ tensor, cotangent }) => {
    const { begin, size } = tensor.attributes;
    const whole = tensor.inputs[0]!.shape;
    return [
      pad(
        cotangent,
        begin,
        whole.map((length, axis) => length - begin[axis]! - size[axis]!),
      ),
    ];
  }),
  gradientOf(padOp, ({ tensor, cotangent }) => [slice(cotangent, tensor.attributes.before, tensor.inputs[0]!.shape)]),
  gradientOf(concatOp, ({ tensor, cotangent, wants }) => {
    const { axis } = tensor.attributes;
    let start = 0;
    return tensor.inputs.map(({ shape }, position) => {
      const begin = shape.map((_, at) => (at === axis ? start : 0));
      start += shape[axis]!;
      return wants(position) ? slice(cotangent, begin, shape) : undefined;
    });
  }),
  gradientOf(toRowsOp, ({ tensor, cotangent }) => [fromRows(cotangent, 0, tensor.inputs[0]!.shape)]),
  gradientOf(fromRowsOp, ({ tensor, cotangent }) => {
    const [count, columns] = tensor.inputs[0]!.shape as [number, number];
    const own = toRows(cotangent, columns);
    const { row } = tensor.attributes;
    return [pad(own, [row, 0], [count - row - own.shape[0]!, 0])];
  }),
  gradientOf(afterOp, ({ cotangent }) => [undefined, cotangent]),
  // A rounding passes back what comes to it, as every net in halves does that is trained.
  gradientOf(castToHalfOp, ({ cotangent }) => [cotangent]),
  gradientOf(castToFloatOp, ({ cotangent }) => [cotangent]),
];
