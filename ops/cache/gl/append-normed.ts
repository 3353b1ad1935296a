/**
 * append_normed in GLSL: each texel of the cache takes the moments of its row itself, in two passes about the row's
 * first element as ops/layer-norm does.
 */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { divide, floatLiteral, modulo } from '../../shader/accessors.ts';
import { writePixelShader } from '../../shader/fragment.ts';
import type { AppendNormedAttributes } from '../attributes.ts';

export const appendNormedGl: GlKernel<AppendNormedAttributes> = {
  shader: writeAppendNormedShader,
  fetches: countFetches,
};

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
