/** embed in GLSL: four channels of a row, of both tables. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { divide, floatLiteral } from '../../shader/accessors.ts';
import { countFragments, writePixelShader } from '../../shader/fragment.ts';

export const embedGl: GlKernel<undefined> = {
  shader: writeEmbedShader,
  // Of a table only the rows of the tokens: beside the two of them, the token and the start.
  fetches: ({ output }) => 4 * countFragments(output.layout) * output.layout.targets,
};

function writeEmbedShader(call: ShaderCall<undefined>): string {
  const [, count] = call.inputs[0]!.type.shape as [number, number];
  const [rows] = call.inputs[1]!.type.shape as [number, number];
  const [length] = call.inputs[2]!.type.shape as [number, number];
  return writePixelShader(
    call,
    'embed',
    [
      'vec4 value(int n, int quad, int y, int x) {',
      `  int sequence = ${divide('x', count)};`,
      `  int m = x - sequence * ${count};`,
      '  float token = tokens_at(0, m, 0, sequence);',
      '  int place = int(start_at(0, 0, 0, 0)) + m;',
      `  bool known = token >= 0.0 && token < ${floatLiteral(rows)} && place >= 0 && place < ${length};`,
      `  if (!known) return vec4(${floatLiteral(NaN)});`,
      '  return table_pixel(0, quad, 0, int(token)) + positions_pixel(0, quad, 0, place);',
      '}',
    ].join('\n'),
  );
}
