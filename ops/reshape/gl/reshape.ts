/** reshape in GLSL: each element is read from its place in row-major order. */
import { formatShape } from '../../../engine/index.ts';
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { writeElementShader } from '../../shader/fragment.ts';
import { flatIndex, gridArguments, indicesFromFlat, logicalIndices } from '../../shader/indices.ts';
import type { ReshapeAttributes } from '../attributes.ts';

export const reshapeGl: GlKernel<ReshapeAttributes> = {
  shader: writeReshapeShader,
};

function writeReshapeShader(call: ShaderCall<ReshapeAttributes>): string {
  const from = call.inputs[0]!.type.shape;
  const { shape } = call.attributes;
  return writeElementShader(
    call,
    `reshape of ${formatShape(from)}`,
    [
      'float element(int n, int c, int y, int x) {',
      `  int position = ${flatIndex(logicalIndices(shape.length), shape)};`,
      `  return x_at(${gridArguments(indicesFromFlat('position', from))});`,
      '}',
    ].join('\n'),
  );
}
