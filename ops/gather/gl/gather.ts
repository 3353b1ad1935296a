/** gather in GLSL: four channels of a row at once where rows become channels, else element by element. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { floatLiteral } from '../../shader/accessors.ts';
import { writeElementShader, writePixelShader } from '../../shader/fragment.ts';
import { channelAxis, gridArguments, logicalIndices } from '../../shader/indices.ts';
import type { GatherAttributes } from '../attributes.ts';

export const gatherGl: GlKernel<GatherAttributes> = {
  shader: writeGatherShader,
};

function writeGatherShader(call: ShaderCall<GatherAttributes>): string {
  const { axis } = call.attributes;
  const rank = call.output.type.shape.length;
  const names = logicalIndices(rank);
  const index = `float index = index_at(${gridArguments(names.toSpliced(axis, 1))});`;
  const exists = `index >= 0.0 && index < ${floatLiteral(call.inputs[0]!.type.shape[0]!)}`;
  const missing = floatLiteral(NaN);
  if (axis === channelAxis(rank)) {
    const row = `  return ${exists} ? x_pixel(0, quad, 0, int(index)) : vec4(${missing});`;
    return writePixelShader(call, 'gather rows', `vec4 value(int n, int quad, int y, int x) {\n  ${index}\n${row}\n}`);
  }
  const element = `  return ${exists} ? x_at(0, ${names[axis]}, 0, int(index)) : ${missing};`;
  return writeElementShader(call, 'gather', `float element(int n, int c, int y, int x) {\n  ${index}\n${element}\n}`);
}
