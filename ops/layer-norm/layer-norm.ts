/**
 * layer_norm: every vector of channels moved and stretched to mean 0 and variance 1, then weight and bias, as
 * `torch.nn.LayerNorm` over the last axis. x [C], [T, C] or [B, T, C], weight [C], bias [C].
 *
 * Sums are taken of differences from the vector's first number, never of the numbers: where the mean is a thousand
 * times the deviation, fp32 would lose the deviation in the mean. R vectors a fragment, for one quad of their channels;
 * each fragment takes the sums again, so this is the plain form and not the fast one.
 */
import { checkNumber } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape } from '../../engine/index.ts';
import type { Op, ReferenceCall, ShaderCall, Tensor, TensorType } from '../../engine/index.ts';
import { floatLiteral } from '../shader/accessors.ts';
import { existingPixel, indent, listPositions, writeFragmentShader } from '../shader/fragment.ts';

export interface LayerNormAttributes {
  /** Added to the variance. */
  readonly eps: number;
}

export const layerNormOp: Op<LayerNormAttributes> = {
  name: 'layer_norm',
  operands: ['x', 'weight', 'bias'],
  infer: inferLayerNorm,
  reference: computeLayerNorm,
  describe: ({ eps }) => `eps ${eps}`,
  kernels: {
    webgl: {
      shader: writeLayerNormShader,
    },
  },
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

function writeLayerNormShader(call: ShaderCall<LayerNormAttributes>): string {
  const { quads, grid } = call.inputs[0]!.layout;
  const pixels = listPositions(call.output.layout).map((position) => ({
    pixel: position.pixel,
    x: existingPixel(call.output.layout, position).x,
  }));
  const forEachPixel = (write: (pixel: number, x: string) => string): string[] =>
    pixels.map(({ pixel, x }) => write(pixel, x));
  const sumOverChannels = (...body: string[]): string[] => [
    `for (int in_quad = 0; in_quad < ${quads}; ++in_quad) {`,
    '  vec4 exists = existing_lanes(in_quad);',
    ...body.map(indent),
    '}',
  ];
  const count = floatLiteral(grid.c);
  return writeFragmentShader(call, 'layer_norm', {
    declarations: [
      '// 1 in the lanes of channels that exist.',
      'vec4 existing_lanes(int in_quad) {',
      `  return vec4(lessThan(ivec4(in_quad * 4) + ivec4(0, 1, 2, 3), ivec4(${grid.c})));`,
      '}',
    ].join('\n'),
    prepare: [
      ...forEachPixel((i, x) => `float first_${i} = x_at(n, 0, 0, ${x});`),
      ...forEachPixel((i) => `vec4 total_${i} = vec4(0.0), squares_${i} = vec4(0.0);`),
      ...sumOverChannels(
        ...forEachPixel((i, x) => `total_${i} += (x_pixel(n, in_quad, 0, ${x}) - first_${i}) * exists;`),
      ),
      // The mean, less the first number.
      ...forEachPixel((i) => `float mean_${i} = dot(total_${i}, vec4(1.0)) / ${count};`),
      ...sumOverChannels(
        ...forEachPixel((i, x) =>
          [
            `vec4 deviation_${i} = ((x_pixel(n, in_quad, 0, ${x}) - first_${i}) - mean_${i}) * exists;`,
            `squares_${i} += deviation_${i} * deviation_${i};`,
          ].join('\n'),
        ),
      ),
      'vec4 weight = weight_pixel(0, quad, 0, 0), bias = bias_pixel(0, quad, 0, 0);',
    ].join('\n'),
    pixel({ pixel: i }) {
      const variance = `dot(squares_${i}, vec4(1.0)) / ${count}`;
      const scale = `inversesqrt(${variance} + ${floatLiteral(call.attributes.eps)})`;
      return `((x_pixel(n, quad, 0, ${pixels[i]!.x}) - first_${i}) - mean_${i}) * ${scale} * weight + bias`;
    },
  });
}
