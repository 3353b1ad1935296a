/**
 * What a LayerNorm knows of each row, as a tensor of its own, and what is elementwise with it. On WebGL it is the
 * LayerNorm itself (rule `split_layer_norm`), since no fragment then walks a row for each of its channels; on every
 * device it is the way back. x [..., C]:
 *
 *   norm_stats      x                                   → [..., 2], mean less the row's first number, and 1/σ
 *   normalize       x, stats, weight and bias if given  → [..., C], x̂ · weight + bias
 *   norm_means      cotangent, x, weight, stats         → [..., 2], means of γg and of γg·x̂
 *   layer_norm_by_x cotangent, x, weight, stats, means  → [..., C], (γg − mean(γg) − x̂ · mean(γg·x̂)) / σ
 *
 * The mean is kept as its distance from the row's first number: of rows far from zero it would lose its digits.
 */
import { apply } from '../../engine/index.ts';
import type { NumericArray, Op, ReferenceCall, Tensor, TensorType } from '../../engine/index.ts';
import type { LayerNormAttributes } from './attributes.ts';
import { layerNormByXCpu, normalizeCpu, normMeansCpu, normStatsCpu } from './cpu/norm-stats.ts';
import { layerNormByXGl, normalizeGl, normMeansGl, normStatsGl } from './gl/norm-stats.ts';

export const normStatsOp: Op<LayerNormAttributes> = {
  name: 'norm_stats',
  operands: ['x'],
  infer: ([x]) => twoForEachRow(x!),
  reference: computeStats,
  describe: ({ eps }) => `eps ${eps}`,
  kernels: { webgl: normStatsGl, cpu: normStatsCpu },
};

/** x [..., C] → [..., 2]. */
export function normStats(x: Tensor, attributes: LayerNormAttributes): Tensor {
  return apply(normStatsOp, [x], attributes);
}

export const normalizeOp: Op<undefined> = {
  name: 'normalize',
  operands: ['x', 'stats', 'weight', 'bias'],
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  reference: computeNormal,
  kernels: { webgl: normalizeGl, cpu: normalizeCpu },
};

/** x [..., C] to mean 0 and variance 1, by its stats; then times weight [C] and plus bias [C] [neither]. */
export function normalize(x: Tensor, stats: Tensor, affine: readonly Tensor[] = []): Tensor {
  return apply(normalizeOp, [x, stats, ...affine], undefined);
}

export const normMeansOp: Op<undefined> = {
  name: 'norm_means',
  operands: ['cotangent', 'x', 'weight', 'stats'],
  infer: ([, x]) => twoForEachRow(x!),
  reference: computeMeans,
  kernels: { webgl: normMeansGl, cpu: normMeansCpu },
};

/** Means of rows, [..., 2]: of γg and of γg·x̂. */
export function normMeans(cotangent: Tensor, x: Tensor, weight: Tensor, stats: Tensor): Tensor {
  return apply(normMeansOp, [cotangent, x, weight, stats], undefined);
}

export const layerNormByXOp: Op<undefined> = {
  name: 'layer_norm_by_x',
  operands: ['cotangent', 'x', 'weight', 'stats', 'means'],
  infer: ([, x]) => ({ shape: x!.shape, dtype: 'f32' }),
  reference: computeByX,
  kernels: { webgl: layerNormByXGl, cpu: layerNormByXCpu },
};

/** The gradient of a LayerNorm by x [..., C], from the cotangent of its result, by x, weight [C] and stats. */
export function layerNormByX(cotangent: Tensor, x: Tensor, weight: Tensor, stats: Tensor): Tensor {
  return apply(layerNormByXOp, [cotangent, x, weight, stats, normMeans(cotangent, x, weight, stats)], undefined);
}

function twoForEachRow({ shape }: TensorType): TensorType {
  return { shape: [...shape.slice(0, -1), 2], dtype: 'f32' };
}

function computeStats({ inputs: [x], inputTypes, output, attributes }: ReferenceCall<LayerNormAttributes>): void {
  const channels = inputTypes[0]!.shape.at(-1)!;
  for (let row = 0; 2 * row < output.length; row++) {
    const numbers = x!.subarray(row * channels, (row + 1) * channels);
    let [total, squares] = [0, 0];
    for (const value of numbers) total += value - numbers[0]!;
    const mean = total / channels;
    for (const value of numbers) squares += (value - numbers[0]! - mean) ** 2;
    output[2 * row] = mean;
    output[2 * row + 1] = 1 / Math.sqrt(squares / channels + attributes.eps);
  }
}

function computeNormal({ inputs, inputTypes, output }: ReferenceCall<undefined>): void {
  const [x, stats, weight, bias] = inputs;
  const channels = inputTypes[0]!.shape.at(-1)!;
  for (let at = 0; at < output.length; at++) {
    const c = at % channels;
    output[at] = readNormal(x!, stats!, channels, at) * (weight?.[c] ?? 1) + (bias?.[c] ?? 0);
  }
}

function computeMeans({ inputs, inputTypes, output }: ReferenceCall<undefined>): void {
  const [cotangent, x, weight, stats] = inputs;
  const channels = inputTypes[1]!.shape.at(-1)!;
  for (let row = 0; 2 * row < output.length; row++) {
    let [total, products] = [0, 0];
    for (let c = 0; c < channels; c++) {
      const at = row * channels + c;
      const scaled = cotangent![at]! * weight![c]!;
      total += scaled;
      products += scaled * readNormal(x!, stats!, channels, at);
    }
    output[2 * row] = total / channels;
    output[2 * row + 1] = products / channels;
  }
}

function computeByX({ inputs, inputTypes, output }: ReferenceCall<undefined>): void {
  const [cotangent, x, weight, stats, means] = inputs;
  const channels = inputTypes[1]!.shape.at(-1)!;
  for (let at = 0; at < output.length; at++) {
    const row = Math.floor(at / channels);
    const normal = readNormal(x!, stats!, channels, at);
    const scaled = cotangent![at]! * weight![at % channels]!;
    output[at] = (scaled - means![2 * row]! - normal * means![2 * row + 1]!) * stats![2 * row + 1]!;
  }
}

/** The element of x̂ at a flat index. */
function readNormal(x: NumericArray, stats: NumericArray, channels: number, at: number): number {
  const row = Math.floor(at / channels);
  return (x[at]! - x[row * channels]! - stats[2 * row]!) * stats[2 * row + 1]!;
}
