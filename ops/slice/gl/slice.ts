/** slice in GLSL: each element is read from where the box begins. */
import { formatShape } from '../../../engine/index.ts';
import type { GlKernel } from '../../../engine/index.ts';
import { offset, writeElementShader } from '../../shader/fragment.ts';
import { gridArguments, logicalIndices } from '../../shader/indices.ts';
import type { SliceAttributes } from '../attributes.ts';

export const sliceGl: GlKernel<SliceAttributes> = {
  shader(call) {
    const { begin } = call.attributes;
    const indices = logicalIndices(begin.length).map((name, axis) => offset(name, begin[axis]!));
    const element = `float element(int n, int c, int y, int x) {\n  return x_at(${gridArguments(indices)});\n}`;
    return writeElementShader(call, `slice from ${formatShape(begin)}`, element);
  },
};
