/**
 * The five draws of a group norm in GLSL (../split-group-norm.ts). A fragment sums a box of pixels row by row, four
 * channels at once; only where channels of several groups share a texel are they read one by one.
 */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { siluFunction } from '../../elementwise/gl/accurate.ts';
import { floatLiteral, divide, modulo } from '../../shader/accessors.ts';
import {
  existingPixel,
  indent,
  singlePixelBlock,
  writeFragmentShader,
  writePixelShader,
} from '../../shader/fragment.ts';
import { cutIntoChunks } from '../attributes.ts';
import type { GroupNormAttributes } from '../attributes.ts';
import { declareFirsts, declareGroups, declareSums, groupShape } from './groups.ts';
import type { GroupShape } from './groups.ts';

export const groupSumsGl: GlKernel<GroupNormAttributes> = {
  shader: (call) =>
    writePixelShader(
      call,
      'group_sums',
      [
        ...declareBoth(groupShape(call.inputs[0]!.layout.grid, call.attributes.groups)),
        'vec4 value(int n, int quad, int y, int x) {',
        '  vec4 first = first_of_groups(n, quad), total = vec4(0.0);',
        indent(overChunk(call, ['line += x_pixel(n, quad, row, column) - first;'], ['line'], ['total'])),
        '  return total;',
        '}',
      ].join('\n'),
    ),
  block: () => singlePixelBlock,
};

export const groupMeanGl: GlKernel<GroupNormAttributes> = {
  shader(call) {
    const { c, h, w } = call.inputs[1]!.layout.grid;
    const shape = groupShape({ c }, call.attributes.groups);
    return writePixelShader(
      call,
      'group_mean',
      [
        ...declareBoth(shape),
        declareSums('sums', shape, call.inputs[0]!.layout.grid.w),
        '',
        'vec4 value(int n, int quad, int y, int x) {',
        `  return first_of_groups(n, quad) + sum_of_groups(n, quad, 0) / ${floatLiteral(shape.size * h * w)};`,
        '}',
      ].join('\n'),
    );
  },
  block: () => singlePixelBlock,
};

/** A fragment makes both rows of its box in one go: every device has two targets. */
export const groupSquaresGl: GlKernel<undefined> = {
  shader: (call) =>
    writeFragmentShader(call, 'group_squares', {
      prepare: [
        'int x = x0;',
        'vec4 mean = mean_pixel(n, quad, 0, 0), total = vec4(0.0), squares = vec4(0.0);',
        overChunk(
          call,
          [
            'vec4 difference = x_pixel(n, quad, row, column) - mean;',
            'line += difference;',
            'line_squares += difference * difference;',
          ],
          ['line', 'line_squares'],
          ['total', 'squares'],
        ),
      ].join('\n'),
      pixel: ({ pixel }) => (pixel === 0 ? 'total' : 'squares'),
    }),
  block: () => ({ width: 1, height: 2 }),
};

export const groupScaleGl: GlKernel<GroupNormAttributes & { readonly count: number }> = {
  shader(call) {
    const { grid } = call.inputs[0]!.layout;
    const shape = groupShape(grid, call.attributes.groups);
    const count = floatLiteral(call.attributes.count);
    return writePixelShader(
      call,
      'group_scale',
      [
        declareGroups(shape),
        declareSums('squares', shape, grid.w),
        '',
        'vec4 value(int n, int quad, int y, int x) {',
        `  vec4 rest = sum_of_groups(n, quad, 0) / ${count};`,
        '  if (y == 0) return rest;',
        `  vec4 variance = sum_of_groups(n, quad, 1) / ${count} - rest * rest;`,
        `  return inversesqrt(max(variance, 0.0) + ${floatLiteral(call.attributes.epsilon)});`,
        '}',
      ].join('\n'),
    );
  },
  block: () => singlePixelBlock,
};

export const scaleGroupsGl: GlKernel<GroupNormAttributes> = {
  shader(call) {
    const isSilu = call.attributes.activation === 'silu';
    return writeFragmentShader(call, 'scale_groups', {
      ...(isSilu && { declarations: siluFunction }),
      prepare: [
        'vec4 mean = mean_pixel(n, quad, 0, 0), rest = scale_pixel(n, quad, 0, 0), scale = scale_pixel(n, quad, 1, 0);',
        'vec4 weight = weight_pixel(0, quad, 0, 0), bias = bias_pixel(0, quad, 0, 0);',
      ].join('\n'),
      pixel(position) {
        const { y, x } = existingPixel(call.output.layout, position);
        const value = `((x_pixel(n, quad, ${y}, ${x}) - mean) - rest) * scale * weight + bias`;
        return isSilu ? `silu(${value})` : value;
      },
    });
  },
};

function declareBoth(shape: GroupShape): string[] {
  return [declareGroups(shape), declareFirsts(shape)];
}

/** Loops over the box of pixels number `x` of the first operand: sums of lines, then of the box. */
function overChunk(
  { inputs }: Pick<ShaderCall, 'inputs'>,
  body: readonly string[],
  lines: readonly string[],
  totals: readonly string[],
): string {
  const { h, w } = inputs[0]!.layout.grid;
  const { height, width, across } = cutIntoChunks(h, w);
  const [top, left] = [`${divide('x', across)} * ${height}`, `${modulo('x', across)} * ${width}`];
  return [
    `int top = ${top}, left = ${left};`,
    `int bottom = min(top + ${height}, ${h}), right = min(left + ${width}, ${w});`,
    'for (int row = top; row < bottom; ++row) {',
    `  vec4 ${lines.map((line) => `${line} = vec4(0.0)`).join(', ')};`,
    '  for (int column = left; column < right; ++column) {',
    ...body.map((line) => `    ${line}`),
    '  }',
    ...totals.map((total, at) => `  ${total} += ${lines[at]};`),
    '}',
  ].join('\n');
}
