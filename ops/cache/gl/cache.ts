/** append_rows and lay_rows in GLSL: a fragment makes one texel of a vector, four numbers of a row. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { divide, modulo } from '../../shader/accessors.ts';
import { singlePixelBlock, writePixelShader } from '../../shader/fragment.ts';
import type { CacheAttributes } from '../attributes.ts';

export const appendRowsGl: GlKernel<CacheAttributes> = {
  shader: (call) => writeCopyShader(call, 'int(position_at(0, 0, 0, 0))'),
  fetches: countCopyFetches,
};

export const layRowsGl: GlKernel<CacheAttributes> = {
  shader: (call) => writeCopyShader(call, '0'),
  // As a State has it, so that readers of a cache need not know which they read.
  block: () => singlePixelBlock,
  fetches: countCopyFetches,
};

/** Only the rows that are drawn, each texel from one of x, and the position. */
function countCopyFetches({ inputs, attributes }: ShaderCall<CacheAttributes>): number {
  const { batch, groups, size, sequences } = attributes;
  const rows = inputs[0]!.type.shape[0]! / sequences;
  return 2 * rows * batch * groups * Math.ceil(size / 4);
}

function writeCopyShader(call: ShaderCall<CacheAttributes>, position: string): string {
  const { batch, first, groups, size, sequences } = call.attributes;
  const count = call.inputs[0]!.type.shape[0]! / sequences;
  const texels = Math.ceil(size / 4);
  const aligned = size % 4 === 0 && first % 4 === 0;
  const lanes = [0, 1, 2, 3].map((lane) => {
    const read = `x_at(0, channel + ${lane}, 0, row)`;
    return size % 4 === 0 ? read : `(d + ${lane} < ${size} ? ${read} : 0.0)`;
  });
  return writePixelShader(
    call,
    'rows of a cache',
    [
      'vec4 value(int n, int quad, int y, int x) {',
      `  int vector = ${divide('x', texels)};`,
      `  int b = ${divide('vector', groups)};`,
      `  int group = vector - b * ${groups};`,
      `  int d = ${modulo('x', texels)} * 4;`,
      `  int row = ${divide('b', batch / sequences)} * ${count} + clamp(y - ${position}, 0, ${count - 1});`,
      `  int channel = ${first} + group * ${size} + d;`,
      aligned ? `  return x_pixel(0, channel >> 2, 0, row);` : `  return vec4(${lanes.join(', ')});`,
      '}',
    ].join('\n'),
  );
}
