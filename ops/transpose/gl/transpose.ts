/** transpose in GLSL: each element is read with its indices in the other order. */
import { formatShape } from '../../../engine/index.ts';
import type { GlKernel } from '../../../engine/index.ts';
import { writeElementShader } from '../../shader/fragment.ts';
import { gridArguments, logicalIndices } from '../../shader/indices.ts';
import type { TransposeAttributes } from '../attributes.ts';

export const transposeGl: GlKernel<TransposeAttributes> = {
  shader(call) {
    const { permutation } = call.attributes;
    const names = logicalIndices(permutation.length);
    const indices = names.map((_, axis) => names[permutation.indexOf(axis)]!);
    const element = `float element(int n, int c, int y, int x) {\n  return x_at(${gridArguments(indices)});\n}`;
    return writeElementShader(call, `transpose by ${formatShape(permutation)}`, element);
  },
};
