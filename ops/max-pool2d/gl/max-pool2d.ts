/** max_pool2d in GLSL: four channels of a window at once. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { largerFunction } from '../../shader/comparison.ts';
import { writePixelShader } from '../../shader/fragment.ts';
import type { MaxPool2dAttributes } from '../attributes.ts';

export const maxPool2dGl: GlKernel<MaxPool2dAttributes> = {
  shader: writeMaxPoolShader,
};

function writeMaxPoolShader(call: ShaderCall<MaxPool2dAttributes>): string {
  const { size } = call.attributes;
  return writePixelShader(
    call,
    `max pool ${size}×${size}`,
    `${largerFunction}

vec4 value(int n, int quad, int y, int x) {
  vec4 largest = x_pixel(n, quad, y * ${size}, x * ${size});
  for (int dy = 0; dy < ${size}; ++dy)
    for (int dx = 0; dx < ${size}; ++dx)
      largest = larger(largest, x_pixel(n, quad, y * ${size} + dy, x * ${size} + dx));
  return largest;
}`,
  );
}
