/**
 * rotary in GLSL: two pairs of channels a texel. The function that turns them also serves a product that turns what
 * it writes.
 */
import type { GlKernel, Operand, ShaderCall } from '../../../engine/index.ts';
import { divide, floatLiteral, modulo } from '../../shader/accessors.ts';
import { countFragments, writePixelShader } from '../../shader/fragment.ts';
import type { RotaryAttributes } from '../attributes.ts';

export const rotaryGl: GlKernel<RotaryAttributes> = {
  shader: writeRotaryShader,
  // The channels, the position, and two pairs of turns.
  fetches: ({ output }) => 4 * countFragments(output.layout) * output.layout.targets,
};

function writeRotaryShader(call: ShaderCall<RotaryAttributes>): string {
  const [x, turns, position] = call.inputs as [Operand, Operand, Operand];
  return writePixelShader(
    call,
    `rotary, ${call.attributes.vectors} vectors`,
    [
      declareTurn({ rows: x.type.shape[0]!, turns, position, ...call.attributes }),
      '',
      'vec4 value(int n, int quad, int y, int x) {',
      '  return turn(x_pixel(0, quad, 0, x), quad, x);',
      '}',
    ].join('\n'),
  );
}

/** `vec4 turn(vec4 channels, int quad, int row)`: four channels of a row of `rows`, turned. */
export function declareTurn({
  rows,
  turns,
  position,
  sequences,
  vectors,
}: RotaryAttributes & { readonly rows: number; readonly turns: Operand; readonly position: Operand }): string {
  const count = rows / sequences;
  const [length, size] = turns.type.shape as [number, number];
  return [
    'vec2 turn_pair(vec2 pair, int c, int place) {',
    `  if (c >= ${vectors * size}) return pair;`,
    `  if (place < 0 || place >= ${length}) return vec2(${floatLiteral(NaN)});`,
    `  int d = ${modulo('c', size)};`,
    `  vec4 two = ${turns.name}_pixel(0, d >> 2, 0, place);`,
    '  vec2 by = (d & 2) == 0 ? two.xy : two.zw;',
    '  return vec2(pair.x * by.x - pair.y * by.y, pair.x * by.y + pair.y * by.x);',
    '}',
    '',
    'vec4 turn(vec4 channels, int quad, int row) {',
    `  int place = int(${position.name}_at(0, 0, 0, 0)) + row - ${divide('row', count)} * ${count};`,
    '  return vec4(turn_pair(channels.xy, quad * 4, place), turn_pair(channels.zw, quad * 4 + 2, place));',
    '}',
  ].join('\n');
}
