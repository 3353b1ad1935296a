/**
 * group_norm in GLSL, the plain form: each fragment takes the sums of its four channels' groups again. Sums are of
 * differences from the group's first number, so that numbers far from zero keep their digits.
 */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { siluFunction } from '../../elementwise/gl/accurate.ts';
import { floatLiteral } from '../../shader/accessors.ts';
import { existingPixel, writeFragmentShader } from '../../shader/fragment.ts';
import type { GroupNormAttributes } from '../attributes.ts';
import { declareFirsts, declareGroups, groupShape } from './groups.ts';

export const groupNormGl: GlKernel<GroupNormAttributes> = {
  shader: writeGroupNormShader,
};

function writeGroupNormShader(call: ShaderCall<GroupNormAttributes>): string {
  const { groups, epsilon, activation } = call.attributes;
  const { grid } = call.inputs[0]!.layout;
  const shape = groupShape(grid, groups);
  const count = floatLiteral(shape.size * grid.h * grid.w);
  return writeFragmentShader(call, 'group_norm', {
    declarations: [
      ...(activation === 'silu' ? [siluFunction] : []),
      declareGroups(shape),
      declareFirsts(shape),
      '// For each of four channels the sum over its group of numbers less `origin`, and of their squares.',
      'void sum_groups(int n, int quad, vec4 origin, out vec4 total, out vec4 squares) {',
      '  ivec4 start = ivec4(quad * 4) + ivec4(0, 1, 2, 3);',
      '  for (int lane = 0; lane < 4; ++lane) start[lane] = group_start(start[lane]);',
      '  total = squares = vec4(0.0);',
      `  for (int c = 0; c < ${shape.size}; ++c) {`,
      `    for (int y = 0; y < ${grid.h}; ++y) {`,
      `      for (int x = 0; x < ${grid.w}; ++x) {`,
      `        vec4 numbers;`,
      '        for (int lane = 0; lane < 4; ++lane) numbers[lane] = x_at(n, start[lane] + c, y, x);',
      '        vec4 difference = numbers - origin;',
      '        total += difference;',
      '        squares += difference * difference;',
      '      }',
      '    }',
      '  }',
      '}',
    ].join('\n'),
    prepare: [
      'vec4 total, squares, origin = first_of_groups(n, quad);',
      'sum_groups(n, quad, origin, total, squares);',
      `vec4 mean = origin + total / ${count};`,
      'sum_groups(n, quad, mean, total, squares);',
      `vec4 rest = total / ${count};`,
      `vec4 scale = inversesqrt(max(squares / ${count} - rest * rest, 0.0) + ${floatLiteral(epsilon)});`,
      'vec4 weight = weight_pixel(0, quad, 0, 0), bias = bias_pixel(0, quad, 0, 0);',
    ].join('\n'),
    pixel(position) {
      const { y, x } = existingPixel(call.output.layout, position);
      const value = `((x_pixel(n, quad, ${y}, ${x}) - mean) - rest) * scale * weight + bias`;
      return activation === 'silu' ? `silu(${value})` : value;
    },
  });
}
