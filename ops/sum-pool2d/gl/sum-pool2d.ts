/** sum_pool2d in GLSL: four channels of a window at once. */
import type { GlKernel } from '../../../engine/index.ts';
import { writePixelShader } from '../../shader/fragment.ts';
import type { SumPool2dAttributes } from '../attributes.ts';

export const sumPool2dGl: GlKernel<SumPool2dAttributes> = {
  shader(call) {
    const { size } = call.attributes;
    return writePixelShader(
      call,
      `sum pool ${size}×${size}`,
      `vec4 value(int n, int quad, int y, int x) {
  vec4 sum = vec4(0.0);
  for (int dy = 0; dy < ${size}; ++dy)
    for (int dx = 0; dx < ${size}; ++dx)
      sum += x_pixel(n, quad, y * ${size} + dy, x * ${size} + dx);
  return sum;
}`,
    );
  },
};
