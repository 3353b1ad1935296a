/** token_shift in GLSL: four channels of a row, from three rows of the cache at most. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { divide, modulo } from '../../shader/accessors.ts';
import { countFragments, writePixelShader } from '../../shader/fragment.ts';
import type { TokenShiftAttributes } from '../attributes.ts';

export const tokenShiftGl: GlKernel<TokenShiftAttributes> = {
  shader: writeTokenShiftShader,
  // The position, and three rows of the cache at most.
  fetches: ({ output }) => 4 * countFragments(output.layout) * output.layout.targets,
};

function writeTokenShiftShader(call: ShaderCall<TokenShiftAttributes>): string {
  const { sequences, count, batch, size, text, columns } = call.attributes;
  const [half, quarter] = [Math.ceil(size / 2), Math.ceil(size / 4)];
  return writePixelShader(
    call,
    'token shift',
    [
      'vec4 value(int n, int quad, int y, int x) {',
      `  int sequence = ${divide('x', count)};`,
      `  int place = int(position_at(0, 0, 0, 0)) + x - sequence * ${count};`,
      `  int column = sequence * ${(batch / sequences) * Math.ceil(size / 4)} + quad;`,
      `  int image = place - ${text};`,
      '  ivec4 channel = ivec4(0, 1, 2, 3) + quad * 4;',
      // GLSL may read both sides of a choice: none may lie outside the cache.
      '  vec4 zero = vec4(0.0);',
      '  vec4 own = cache_pixel(0, 0, place, column);',
      '  vec4 before = place == 0 ? zero : cache_pixel(0, 0, max(place - 1, 0), column);',
      `  if (image < 0) return mix(own, before, lessThan(channel, ivec4(${half})));`,
      `  vec4 above = image < ${columns} ? zero : cache_pixel(0, 0, max(place - ${columns}, 0), column);`,
      `  vec4 left = ${modulo('image', columns)} == 0 ? zero : before;`,
      `  vec4 shifted = mix(left, above, lessThan(channel, ivec4(${quarter})));`,
      `  return mix(own, shifted, lessThan(channel, ivec4(${2 * quarter})));`,
      '}',
    ].join('\n'),
  );
}
