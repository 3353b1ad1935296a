/** scale_columns and sum_rows in GLSL. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { countFragments, writePixelShader } from '../../shader/fragment.ts';
import type { SumRowsAttributes } from '../attributes.ts';

export const scaleColumnsGl: GlKernel<undefined> = {
  shader: (call) =>
    writePixelShader(
      call,
      'scale columns',
      [
        'vec4 value(int n, int quad, int y, int x) {',
        '  return weight_pixel(0, quad, 0, x) * gain_pixel(0, quad, 0, 0);',
        '}',
      ].join('\n'),
    ),
};

export const sumRowsGl: GlKernel<SumRowsAttributes> = {
  shader: writeSumShader,
  fetches({ inputs, output, attributes: { weighted } }) {
    return countFragments(output.layout) * Math.ceil(inputs[0]!.type.shape[1]! / 4) * (weighted ? 5 : 4);
  },
};

function writeSumShader(call: ShaderCall<SumRowsAttributes>): string {
  const { inputs } = call;
  const { weighted } = call.attributes;
  const [outputs, inner] = inputs[0]!.type.shape as [number, number];
  const lanes = [0, 1, 2, 3].map(
    (lane) => `dot(factor, weight_pixel(0, k, 0, min(quad * 4 + ${lane}, ${outputs - 1})))`,
  );
  return writePixelShader(
    call,
    'sum of rows',
    [
      'vec4 value(int n, int quad, int y, int x) {',
      `  vec4 sum = ${inputs.length > (weighted ? 2 : 1) ? 'bias_pixel(0, quad, 0, 0)' : 'vec4(0.0)'};`,
      `  for (int k = 0; k < ${Math.ceil(inner / 4)}; ++k) {`,
      `    vec4 factor = ${weighted ? 'vector_pixel(0, k, 0, 0)' : 'vec4(1.0)'};`,
      `    sum += vec4(${lanes.join(', ')});`,
      '  }',
      '  return sum;',
      '}',
    ].join('\n'),
  );
}
