/**
 * embed_by_table in GLSL: a fragment goes over all indices, four a texel, and takes the cotangents of those that are
 * its rows'. So many rows a fragment makes, so much less often are the indices read.
 */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { existingPixel, listPositions, writeFragmentShader, writePixelShader } from '../../shader/fragment.ts';
import type { EmbedByTableAttributes } from '../attributes.ts';

export const embedByTableGl: GlKernel<EmbedByTableAttributes> = {
  shader: (call) => (call.attributes.count > 0 ? writeCounting(call) : writeLooking(call)),
  fetches: ({ inputs: [cotangent, indices], output }) => {
    const rows = Math.ceil(output.layout.grid.w / output.layout.block.width);
    return output.layout.quads * (rows * Math.ceil(indices!.layout.grid.c / 4) + cotangent!.layout.grid.w);
  },
};

function writeLooking(call: ShaderCall<EmbedByTableAttributes>): string {
  const { layout } = call.output;
  const length = call.inputs[0]!.layout.grid.w;
  const positions = listPositions(layout).map((position) => ({
    pixel: position.pixel,
    x: existingPixel(layout, position).x,
  }));
  return writeFragmentShader(call, 'embed_by_table', {
    prepare: [
      `vec4 ${positions.map(({ pixel }) => `total_${pixel} = vec4(0.0)`).join(', ')};`,
      `for (int row = 0; row < ${length}; ++row) {`,
      '  int index = int(indices_at(0, row, 0, 0));',
      `  if (index >= x0 && index < x0 + ${layout.block.width}) {`,
      '    vec4 texel = cotangent_pixel(0, quad, 0, row);',
      ...positions.map(({ pixel, x }) => `    total_${pixel} += index == ${x} ? texel : vec4(0.0);`),
      '  }',
      '}',
    ].join('\n'),
    pixel: ({ pixel }) => `total_${pixel}`,
  });
}

/** Rows that count on: one of each sequence, if any. */
function writeCounting(call: ShaderCall<EmbedByTableAttributes>): string {
  const { count } = call.attributes;
  return writePixelShader(
    call,
    'embed_by_table',
    [
      'vec4 value(int n, int quad, int y, int x) {',
      '  int first = x - int(indices_at(0, 0, 0, 0));',
      '  vec4 total = vec4(0.0);',
      `  if (first < 0 || first >= ${count}) return total;`,
      `  for (int row = first; row < ${call.inputs[0]!.layout.grid.w}; row += ${count}) {`,
      '    total += cotangent_pixel(0, quad, 0, row);',
      '  }',
      '  return total;',
      '}',
    ].join('\n'),
  );
}
