/** concat in GLSL: each element is read from the tensor it lies in. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { offset, writeElementShader } from '../../shader/fragment.ts';
import { gridArguments, logicalIndices } from '../../shader/indices.ts';
import type { ConcatAttributes } from '../attributes.ts';

export const concatGl: GlKernel<ConcatAttributes> = {
  shader: writeConcatShader,
};

function writeConcatShader(call: ShaderCall<ConcatAttributes>): string {
  const { axis } = call.attributes;
  const names = logicalIndices(call.output.type.shape.length);
  const along = names[axis]!;
  let start = 0;
  const lines = call.inputs.map(({ name, type }, at) => {
    const read = `return ${name}_at(${gridArguments(names.with(axis, offset(along, -start)))});`;
    start += type.shape[axis]!;
    return at < call.inputs.length - 1 ? `  if (${along} < ${start}) ${read}` : `  ${read}`;
  });
  return writeElementShader(
    call,
    `concat along axis ${axis}`,
    ['float element(int n, int c, int y, int x) {', ...lines, '}'].join('\n'),
  );
}
