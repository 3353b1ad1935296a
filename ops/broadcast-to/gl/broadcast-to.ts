/** broadcastTo in GLSL: each element is read at its own indices, 0 along an axis that repeats. */
import type { GlKernel } from '../../../engine/index.ts';
import { writeElementShader } from '../../shader/fragment.ts';
import { gridArguments, logicalIndices } from '../../shader/indices.ts';
import type { BroadcastToAttributes } from '../attributes.ts';

export const broadcastToGl: GlKernel<BroadcastToAttributes> = {
  shader(call) {
    const { shape } = call.inputs[0]!.type;
    const names = logicalIndices(call.attributes.shape.length).slice(call.attributes.shape.length - shape.length);
    const indices = shape.map((size, axis) => (size === 1 ? '0' : names[axis]!));
    const element = `float element(int n, int c, int y, int x) {\n  return x_at(${gridArguments(indices)});\n}`;
    return writeElementShader(call, 'broadcast_to', element);
  },
};
