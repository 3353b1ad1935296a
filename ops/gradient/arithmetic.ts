/** Gradients of sums, products and quotients, with NumPy's broadcasting, and of sums over axes. */
import { gradientOf } from '../../engine/index.ts';
import type { GradientEntry, Tensor } from '../../engine/index.ts';
import { broadcastTo, broadcastToOp } from '../broadcast-to/broadcast-to.ts';
import { addOp, div, divOp, mul, mulOp, scaleAddOp, subOp } from '../elementwise/binary.ts';
import { reduceShape } from '../reduce/axes.ts';
import type { ReducedAxes } from '../reduce/axes.ts';
import { meanOp, sumOp } from '../reduce/reduce.ts';
import { reshape } from '../reshape/reshape.ts';
import { scale, sumTo } from './broadcasting.ts';

export const arithmeticGradients: readonly GradientEntry[] = [
  gradientOf(addOp, ({ tensor: { inputs }, cotangent }) => inputs.map(({ shape }) => sumTo(cotangent, shape))),
  gradientOf(subOp, ({ tensor, cotangent, wants }) => {
    const [a, b] = tensor.inputs as [Tensor, Tensor];
    return [sumTo(cotangent, a.shape), wants(1) ? scale(sumTo(cotangent, b.shape), -1) : undefined];
  }),
  gradientOf(mulOp, ({ tensor, cotangent, wants }) => {
    const [a, b] = tensor.inputs as [Tensor, Tensor];
    return [
      wants(0) ? sumTo(mul(cotangent, b), a.shape) : undefined,
      wants(1) ? sumTo(mul(cotangent, a), b.shape) : undefined,
    ];
  }),
  gradientOf(divOp, ({ tensor, cotangent, wants }) => {
    const [a, b] = tensor.inputs as [Tensor, Tensor];
    const passed = div(cotangent, b);
    return [
      wants(0) ? sumTo(passed, a.shape) : undefined,
      wants(1) ? scale(sumTo(mul(passed, tensor), b.shape), -1) : undefined, // of a/b: −a/b² is −(a/b)/b
    ];
  }),
  gradientOf(scaleAddOp, ({ tensor, cotangent, wants }) => {
    const [id, res] = tensor.inputs as [Tensor, Tensor];
    const { gain } = tensor.attributes;
    return [sumTo(cotangent, id.shape), wants(1) ? scale(sumTo(cotangent, res.shape), gain) : undefined];
  }),
  gradientOf(sumOp, ({ tensor, cotangent }) => [repeatReduced(tensor, tensor.attributes, cotangent)]),
  gradientOf(meanOp, ({ tensor, cotangent }) => {
    const { shape } = tensor.inputs[0]!;
    const terms = tensor.attributes.axes.reduce((product, axis) => product * shape[axis]!, 1);
    return [repeatReduced(tensor, tensor.attributes, scale(cotangent, 1 / terms))];
  }),
  gradientOf(broadcastToOp, ({ tensor, cotangent }) => [sumTo(cotangent, tensor.inputs[0]!.shape)]),
];

/** What a sum passes back: the same to each of its terms. */
function repeatReduced({ inputs: [x] }: Tensor, { axes }: ReducedAxes, cotangent: Tensor): Tensor {
  return broadcastTo(reshape(cotangent, reduceShape(x!.shape, { axes, keepDims: true })), x!.shape);
}
