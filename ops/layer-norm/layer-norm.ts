/**
 * layer_norm: every vector of channels moved and stretched to mean 0 and variance 1, then weight and bias, as
 * `torch.nn.LayerNorm` over the last axis. x [C], [T, C] or [B, T, C], weight [C], bias [C].
 */
import { checkNumber } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor, TensorType } from '../../engine/index.ts';
import type { LayerNormAttributes } from './attributes.ts';
import { layerNormCpu } from './cpu/layer-norm.ts';
import { layerNormGl } from './gl/layer-norm.ts';

export const layerNormOp: Op<LayerNormAttributes> = {
  name: 'layer_norm',
  operands: ['x', 'weight', 'bias'],
  infer: inferLayerNorm,
  reference: computeLayerNorm,
  describe: ({ eps }) => `eps ${eps}`,
  kernels: { webgl: layerNormGl, cpu: layerNormCpu },
};

/**
 * (x − mean) / √(variance + eps) · weight + bias, mean and variance over the last axis, the variance divided by C.
 * x [C], [T, C] or [B, T, C]; weight and bias [C]. `eps` is rounded to fp32.
 * @throws ShapeError `E_SHAPE` for other shapes, `E_ATTRIBUTE` unless eps is finite and at least 0.
 */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, eps = 1e-5): Tensor {
  checkNumber('layerNorm', 'eps', eps);
  if (!(Number.isFinite(eps) && eps >= 0)) {
    throw new ShapeError('E_ATTRIBUTE', `layerNorm: eps must be a finite number of at least 0, got ${eps}.`);
  }
  return apply(layerNormOp, [x, weight, bias], { eps: Math.fround(eps) });
}

function inferLayerNorm(inputs: readonly TensorType[]): TensorType {
  const [x, weight, bias] = inputs as [TensorType, TensorType, TensorType];
  const rank = x.shape.length;
  if (rank < 1 || rank > 3) {
    throw new ShapeError(
      'E_SHAPE',
      `layerNorm: x must be [C], [T, C] or [B, T, C], got ${formatShape(x.shape)}. Bring channels to the end and ` +
        'merge other axes, by transpose and reshape.',
    );
  }
  const channels = x.shape[rank - 1]!;
  for (const [name, { shape }] of [['weight', weight] as const, ['bias', bias] as const]) {
    if (shape.length === 1 && shape[0] === channels) continue;
    throw new ShapeError(
      'E_SHAPE',
      `layerNorm: ${name} must be [${channels}], a number for each channel of x ${formatShape(x.shape)}, ` +
        `got ${formatShape(shape)}.`,
    );
  }
  return { shape: x.shape, dtype: 'f32' };
}

function computeLayerNorm({
  inputs,
  inputTypes,
  output,
  attributes: { eps },
}: ReferenceCall<LayerNormAttributes>): void {
  const [x, weight, bias] = inputs;
  const channels = inputTypes[1]!.shape[0]!;
  for (let start = 0; start < output.length; start += channels) {
    let total = 0;
    for (let c = 0; c < channels; c++) total += x![start + c]!;
    const mean = total / channels;
    let squares = 0;
    for (let c = 0; c < channels; c++) squares += (x![start + c]! - mean) ** 2;
    const scale = 1 / Math.sqrt(squares / channels + eps);
    for (let c = 0; c < channels; c++) {
      output[start + c] = (x![start + c]! - mean) * scale * weight![c]! + bias![c]!;
    }
  }
}
