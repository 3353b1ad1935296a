/** toRows and fromRows in GLSL: each element is read from its place in row-major order. */
import { sizeOf } from '../../../engine/index.ts';
import type { GlKernel } from '../../../engine/index.ts';
import { writeElementShader } from '../../shader/fragment.ts';
import { flatIndex, gridArguments, indicesFromFlat, logicalIndices } from '../../shader/indices.ts';
import type { FromRowsAttributes, ToRowsAttributes } from '../attributes.ts';

export const toRowsGl: GlKernel<ToRowsAttributes> = {
  shader(call) {
    const { shape } = call.inputs[0]!.type;
    const element = [
      'float element(int n, int c, int y, int x) {',
      `  int place = x * ${call.attributes.columns} + c;`,
      `  if (place >= ${sizeOf(shape)}) return 0.0;`,
      `  return x_at(${gridArguments(indicesFromFlat('place', shape))});`,
      '}',
    ].join('\n');
    return writeElementShader(call, 'to_rows', element);
  },
};

export const fromRowsGl: GlKernel<FromRowsAttributes> = {
  shader(call) {
    const { row, shape } = call.attributes;
    const columns = call.inputs[0]!.type.shape[1]!;
    const element = [
      'float element(int n, int c, int y, int x) {',
      `  int place = ${flatIndex(logicalIndices(shape.length), shape)};`,
      `  return rows_at(${gridArguments([`${row} + place / ${columns}`, `place % ${columns}`])});`,
      '}',
    ].join('\n');
    return writeElementShader(call, `from_rows ${row}`, element);
  },
};
