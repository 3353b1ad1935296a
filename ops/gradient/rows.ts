/**
 * Gradients of what goes along rows: softmax and its logarithm, cross-entropy, LayerNorm, and of products. What is
 * known of rows passes nothing back where its reader gives the whole of it.
 */
import { apply, gradientOf } from '../../engine/index.ts';
import type { GradientEntry, Shape, Tensor } from '../../engine/index.ts';
import { argmax } from '../argmax/argmax.ts';
import { crossEntropyByLogits, crossEntropyOp } from '../cross-entropy/cross-entropy.ts';
import { mul, sub } from '../elementwise/binary.ts';
import { exp } from '../elementwise/unary.ts';
import { layerNormOp } from '../layer-norm/layer-norm.ts';
import { layerNormByX, normalize, normStats } from '../layer-norm/norm-stats.ts';
import { linearOp } from '../linear/linear.ts';
import { matmul, matmulOp } from '../matmul/matmul.ts';
import { oneHot } from '../one-hot/one-hot.ts';
import { reduceShape } from '../reduce/axes.ts';
import { max, maxOp, sum } from '../reduce/reduce.ts';
import { sumProducts } from '../reduce/sum-products.ts';
import { reshape } from '../reshape/reshape.ts';
import { logSoftmaxOp, softmaxByX } from '../softmax/by-sums.ts';
import { softmaxOp } from '../softmax/softmax.ts';
import { sumExponentialsOp } from '../softmax/sum-exponentials.ts';
import { scale } from './broadcasting.ts';

export const rowGradients: readonly GradientEntry[] = [
  gradientOf(softmaxOp, ({ tensor, cotangent }) => [softmaxByX(cotangent, tensor, tensor.attributes.axis)]),
  gradientOf(logSoftmaxOp, ({ tensor, cotangent }) => {
    const { axis } = tensor.attributes;
    return [sub(cotangent, mul(exp(tensor), sum(cotangent, [axis], true)))];
  }),
  gradientOf(sumExponentialsOp, ({ tensor, cotangent, wants }) => {
    const [x, largest] = tensor.inputs as [Tensor, Tensor];
    return [
      wants(0) ? mul(cotangent, exp(sub(x, largest))) : undefined,
      wants(1) ? scale(mul(cotangent, tensor), -1) : undefined,
    ];
  }),
  gradientOf(crossEntropyOp, ({ tensor: { inputs }, cotangent, wants }) => [
    wants(0) ? crossEntropyByLogits(cotangent, inputs) : undefined,
    ...[undefined, undefined, undefined],
    wants(4) ? mul(cotangent, apply(crossEntropyOp, inputs.slice(0, 4), undefined)) : undefined,
  ]),
  gradientOf(maxOp, ({ tensor, cotangent }) => {
    const { axes } = tensor.attributes;
    return [passToLargest(tensor.inputs[0]!, axes, cotangent)];
  }),
  gradientOf(layerNormOp, ({ tensor, cotangent, wants }) => {
    const [x, weight] = tensor.inputs as [Tensor, Tensor];
    const stats = normStats(x, tensor.attributes);
    const rows = asRows(cotangent);
    return [
      wants(0) ? layerNormByX(cotangent, x, weight, stats) : undefined,
      wants(1) ? reshape(sumProducts(rows, asRows(normalize(x, stats)), 0), weight.shape) : undefined,
      wants(2) ? sum(rows, [0]) : undefined,
    ];
  }),
  gradientOf(linearOp, ({ tensor, cotangent, wants }) => {
    const [x, weight] = tensor.inputs as [Tensor, Tensor];
    return [
      wants(0) ? matmul(cotangent, weight) : undefined,
      wants(1) ? matmul(cotangent, x, undefined, { transposeA: true }) : undefined,
      wants(2) ? sum(cotangent, [0]) : undefined,
    ];
  }),
  gradientOf(matmulOp, ({ tensor, cotangent, wants }) => {
    const [a, b] = tensor.inputs as [Tensor, Tensor];
    const { transposeB } = tensor.attributes;
    // One b for a batch of a is one product of all rows.
    const [left, passed] = b.shape.length === 3 ? [a, cotangent] : [asRows(a), asRows(cotangent)];
    return [
      wants(0) ? matmul(cotangent, b, undefined, { transposeB: !transposeB }) : undefined,
      wants(1) ? multiplyColumns(transposeB ? [passed, left] : [left, passed]) : undefined,
      wants(2) ? sum(asRows(cotangent), [0]) : undefined,
    ];
  }),
];

function multiplyColumns([a, b]: readonly [Tensor, Tensor]): Tensor {
  return matmul(a, b, undefined, { transposeA: true });
}

/** The same numbers as rows of the last axis, [R, C]. */
function asRows(x: Tensor): Tensor {
  if (x.shape.length === 2) return x;
  const channels = x.shape.at(-1)!;
  const rows = x.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return reshape(x, [rows, channels]);
}

/** A maximum passes all to the first of the largest along each axis, one axis after another, the last first. */
function passToLargest(x: Tensor, axes: readonly number[], cotangent: Tensor): Tensor {
  const last = axes.at(-1);
  if (last === undefined) return reshape(cotangent, x.shape);
  const largest = max(x, [last], true);
  const passed = passToLargest(largest, axes.slice(0, -1), keepAxes(cotangent, x.shape, axes));
  return mul(passed, oneHot(argmax(x, last), x.shape[last]!, last));
}

function keepAxes(cotangent: Tensor, shape: Shape, axes: readonly number[]): Tensor {
  return reshape(cotangent, reduceShape(shape, { axes, keepDims: true }));
}
