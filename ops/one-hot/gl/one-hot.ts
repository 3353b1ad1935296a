/** one_hot in GLSL: four channels at once where depth lies along them, else element by element. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { floatLiteral } from '../../shader/accessors.ts';
import { writeElementShader, writePixelShader } from '../../shader/fragment.ts';
import { channelAxis, gridArguments, logicalIndices } from '../../shader/indices.ts';
import type { OneHotAttributes } from '../attributes.ts';

export const oneHotGl: GlKernel<OneHotAttributes> = {
  shader: writeOneHotShader,
};

function writeOneHotShader(call: ShaderCall<OneHotAttributes>): string {
  const { depth, axis } = call.attributes;
  const rank = call.output.type.shape.length;
  const names = logicalIndices(rank);
  const index = `float index = index_at(${gridArguments(names.toSpliced(axis, 1))});`;
  const exists = `index >= 0.0 && index < ${floatLiteral(depth)}`;
  const missing = floatLiteral(NaN);
  if (axis === channelAxis(rank)) {
    const row = `  return ${exists} ? vec4(equal(vec4(quad * 4) + vec4(0.0, 1.0, 2.0, 3.0), vec4(index))) : vec4(${missing});`;
    return writePixelShader(call, 'one-hot', `vec4 value(int n, int quad, int y, int x) {\n  ${index}\n${row}\n}`);
  }
  const element = `  return ${exists} ? float(float(${names[axis]}) == index) : ${missing};`;
  return writeElementShader(call, 'one-hot', `float element(int n, int c, int y, int x) {\n  ${index}\n${element}\n}`);
}
