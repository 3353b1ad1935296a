/** conv2d_by_weight in GLSL, the naive way: a sum over all pixels for each element. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { singlePixelBlock, writeElementShader } from '../../shader/fragment.ts';
import type { Conv2dByWeightAttributes } from '../attributes.ts';

export const conv2dByWeightGl: GlKernel<Conv2dByWeightAttributes> = {
  shader: writeNaiveShader,
  block: () => singlePixelBlock,
};

function writeNaiveShader(call: ShaderCall<Conv2dByWeightAttributes>): string {
  const { stride, before, reluInput } = call.attributes;
  const [batch, , height, width] = call.inputs[0]!.type.shape as [number, number, number, number];
  const { h, w } = call.inputs[1]!.layout.grid;
  const step = stride === 1 ? '' : ` * ${stride}`;
  const x = 'x_at(b, i, from_y, from_x)';
  const element = `float element(int o, int i, int dy, int dx) {
  float sum = 0.0;
  for (int b = 0; b < ${batch}; ++b)
    for (int y = 0; y < ${height}; ++y)
      for (int x = 0; x < ${width}; ++x) {
        int from_y = y${step} + dy - ${before[0]}, from_x = x${step} + dx - ${before[1]};
        if (from_y >= 0 && from_y < ${h} && from_x >= 0 && from_x < ${w})
          sum += cotangent_at(b, o, y, x) * ${reluInput ? `max(${x}, 0.0)` : x};
      }
  return sum;
}`;
  return writeElementShader(call, 'conv2d by weight, the naive way', element);
}
