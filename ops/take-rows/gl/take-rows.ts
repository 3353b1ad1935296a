/** take_rows in GLSL: each element is read from its place in the whole weight. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { countElementFetches, offset, writeElementShader } from '../../shader/fragment.ts';
import { gridArguments, logicalIndices } from '../../shader/indices.ts';
import type { TakeRowsAttributes } from '../attributes.ts';

export const takeRowsGl: GlKernel<TakeRowsAttributes> = {
  shader: writeTakeRowsShader,
  fetches: countElementFetches,
};

function writeTakeRowsShader(call: ShaderCall<TakeRowsAttributes>): string {
  const [row, ...others] = logicalIndices(call.output.type.shape.length) as [string, ...string[]];
  const from = gridArguments([`(${offset(row, call.attributes.first)})`, ...others]);
  const element = `float element(int n, int c, int y, int x) {\n  return weight_at(${from});\n}`;
  return writeElementShader(call, 'take rows', element);
}
