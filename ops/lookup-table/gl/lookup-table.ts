/** lookup_table in GLSL: each element is read from a column of the weight. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { countElementFetches, writeElementShader } from '../../shader/fragment.ts';

export const lookupTableGl: GlKernel<undefined> = {
  shader: writeLookupTableShader,
  fetches: countElementFetches,
};

function writeLookupTableShader(call: ShaderCall<undefined>): string {
  const bias = call.inputs.length > 1 ? ' + bias_at(0, c, 0, 0)' : '';
  const element = `float element(int n, int c, int y, int x) {\n  return weight_at(c, x, 0, 0)${bias};\n}`;
  return writeElementShader(call, 'a table of columns', element);
}
