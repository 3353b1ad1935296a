/**
 * A LayerNorm that writes its rows into a cache: what token shift keeps. Built by the rule norm_on_append; the plain
 * form is appendRows of a layerNorm. Each texel of the cache takes the moments of its row itself, in two passes about the
 * row's first element as ops/layer-norm does.
 *
 * Rows of x [B′·M, D] are M positions of B′ sequences, from `position` on; gain and shift [D]; the cache holds one vector of
 * D a position (groups 1, first 0).
 */
import { apply } from '../../engine/index.ts';
import type { Op, ReferenceCall, ShaderCall, Tensor } from '../../engine/index.ts';
import { layerNormOp } from '../layer-norm/layer-norm.ts';
import { divide, floatLiteral, modulo } from '../shader/accessors.ts';
import { writePixelShader } from '../shader/fragment.ts';
import { appendRowsOp, copyRows } from './cache.ts';
import type { CacheAttributes } from './cache.ts';

export interface AppendNormedAttributes extends CacheAttributes {
  readonly eps: number;
}

export interface AppendNormedInputs {
  readonly cache: Tensor;
  readonly x: Tensor;
  readonly position: Tensor;
  readonly gain: Tensor;
  readonly shift: Tensor;
}

export function appendNormed(
  { cache, x, position, gain, shift }: AppendNormedInputs,
  attributes: AppendNormedAttributes,
): Tensor {
  return apply(appendNormedOp, [cache, x, position, gain, shift], attributes);
}

export const appendNormedOp: Op<AppendNormedAttributes> = {
  name: 'append_normed',
  operands: ['x', 'position', 'gain', 'shift'],
  infer: (inputs, attributes) => appendRowsOp.infer(inputs, attributes),
  redraws: (values, inputs, attributes) => appendRowsOp.redraws!(values, inputs, attributes),
  reference: computeAppendNormed,
  describe: (attributes) => appendRowsOp.describe!(attributes),
  kernels: {
    webgl: {
      shader: writeAppendNormedShader,
      fetches: countFetches,
    },
  },
};

function computeAppendNormed({ inputs, inputTypes, output, attributes }: ReferenceCall<AppendNormedAttributes>): void {
  const [cache, x, position, gain, shift] = inputs;
  const [, xType, , gainType] = inputTypes;
  const normed = new Float64Array(x!.length);
  layerNormOp.reference({
    inputs: [x!, gain!, shift!],
    inputTypes: [xType!, gainType!, gainType!],
    output: normed,
    outputType: xType!,
    attributes: { eps: attributes.eps },
  });
  output.set(cache!);
  copyRows(normed, xType!.shape, position![0]!, output, attributes);
}

/** Every texel of the rows that are drawn reads the whole row twice, and once more its own. */
function countFetches({ inputs, attributes }: ShaderCall<AppendNormedAttributes>): number {
  const { batch, size, sequences } = attributes;
  const rows = (inputs[0]!.type.shape[0]! / sequences) * batch;
  const texels = Math.ceil(size / 4);
  return rows * texels * (2 * texels + 5);
}

function writeAppendNormedShader(call: ShaderCall<AppendNormedAttributes>): string {
  const { batch, size, sequences, eps } = call.attributes;
  const count = call.inputs[0]!.type.shape[0]! / sequences;
  const texels = Math.ceil(size / 4);
  const mean = floatLiteral(1 / size);
  return writePixelShader(
    call,
    'normed rows of a cache',
    [
      '// 1 in the lanes of channels that exist.',
      'vec4 existing(int quad) {',
      `  return vec4(lessThan(ivec4(quad * 4) + ivec4(0, 1, 2, 3), ivec4(${size})));`,
      '}',
      '',
      'vec4 value(int n, int quad, int y, int x) {',
      `  int b = ${divide('x', texels)};`,
      `  int own = ${modulo('x', texels)};`,
      `  int row = ${divide('b', batch / sequences)} * ${count} + clamp(y - int(position_at(0, 0, 0, 0)), 0, ${count - 1});`,
      '  float first = x_at(0, 0, 0, row);',
      '  vec4 total = vec4(0.0), squares = vec4(0.0);',
      `  for (int k = 0; k < ${texels}; ++k) total += (x_pixel(0, k, 0, row) - first) * existing(k);`,
      `  float mean = dot(total, vec4(1.0)) * ${mean};`,
      `  for (int k = 0; k < ${texels}; ++k) {`,
      '    vec4 deviation = ((x_pixel(0, k, 0, row) - first) - mean) * existing(k);',
      '    squares += deviation * deviation;',
      '  }',
      `  float scale = inversesqrt(dot(squares, vec4(1.0)) * ${mean} + ${floatLiteral(eps)});`,
      '  vec4 normed = ((x_pixel(0, own, 0, row) - first) - mean) * scale;',
      '  return (normed * gain_pixel(0, own, 0, 0) + shift_pixel(0, own, 0, 0)) * existing(own);',
      '}',
    ].join('\n'),
  );
}
