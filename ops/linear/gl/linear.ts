/** linear in GLSL, the naive way: every element is a dot product of its own, four of them a texel. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { writePixelShader } from '../../shader/fragment.ts';

export const linearGl: GlKernel<undefined> = {
  shader: writeLinearShader,
};

function writeLinearShader(call: ShaderCall<undefined>): string {
  const { c: inner } = call.inputs[0]!.layout.grid;
  const { c: outputs } = call.output.layout.grid;
  const lanes = [0, 1, 2, 3].map(
    (lane) => `dot(texel, weight_pixel(0, k, 0, min(quad * 4 + ${lane}, ${outputs - 1})))`,
  );
  return writePixelShader(
    call,
    'linear',
    [
      'vec4 value(int n, int quad, int y, int x) {',
      `  vec4 sum = ${call.inputs.length > 2 ? 'bias_pixel(0, quad, 0, 0)' : 'vec4(0.0)'};`,
      `  for (int k = 0; k < ${Math.ceil(inner / 4)}; ++k) {`,
      '    vec4 texel = x_pixel(0, k, 0, x);',
      `    sum += vec4(${lanes.join(', ')});`,
      '  }',
      '  return sum;',
      '}',
    ].join('\n'),
  );
}
