/** token_shift_by_cache in GLSL: four channels at a place of the cache, of three rows that may have taken them. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { divide, modulo } from '../../shader/accessors.ts';
import { countFragments, writePixelShader } from '../../shader/fragment.ts';
import type { TokenShiftAttributes } from '../attributes.ts';

export const tokenShiftByCacheGl: GlKernel<TokenShiftAttributes> = {
  shader: writeShader,
  // The position, and three rows at most.
  fetches: ({ output }) => 4 * countFragments(output.layout) * output.layout.targets,
};

function writeShader(call: ShaderCall<TokenShiftAttributes>): string {
  const { sequences, count, batch, size, text, columns } = call.attributes;
  const [half, quarter, texels] = [Math.ceil(size / 2), Math.ceil(size / 4), Math.ceil(size / 4)];
  const copies = batch / sequences;
  return writePixelShader(
    call,
    'token shift, back',
    [
      '// What the row at a place passes back, if there is such a row.',
      'vec4 passed(int sequence, int place, int texel) {',
      '  int m = place - int(position_at(0, 0, 0, 0));',
      `  bool exists = m >= 0 && m < ${count};`,
      `  vec4 row = cotangent_pixel(0, texel, 0, sequence * ${count} + (exists ? m : 0));`,
      '  return exists ? row : vec4(0.0);',
      '}',
      '',
      'vec4 value(int n, int quad, int y, int x) {',
      `  int held = ${divide('x', texels)};`,
      `  int texel = x - held * ${texels};`,
      `  int sequence = ${divide('held', copies)};`,
      '  vec4 zero = vec4(0.0);',
      `  if (held != sequence * ${copies}) return zero;`,
      '  ivec4 channel = ivec4(0, 1, 2, 3) + texel * 4;',
      `  int image = y - ${text}, next = image + 1;`,
      `  int stays = image < 0 ? ${half} : ${2 * quarter};`,
      '  vec4 total = mix(zero, passed(sequence, y, texel), greaterThanEqual(channel, ivec4(stays)));',
      '  vec4 after = passed(sequence, y + 1, texel);',
      `  if (next < 0) total += mix(zero, after, lessThan(channel, ivec4(${half})));`,
      `  else if (${modulo('next', columns)} != 0) {`,
      `    total += mix(zero, mix(after, zero, lessThan(channel, ivec4(${quarter}))), lessThan(channel, ivec4(${2 * quarter})));`,
      '  }',
      `  vec4 below = passed(sequence, y + ${columns}, texel);`,
      `  if (image >= 0) total += mix(zero, below, lessThan(channel, ivec4(${quarter})));`,
      '  return total;',
      '}',
    ].join('\n'),
  );
}
