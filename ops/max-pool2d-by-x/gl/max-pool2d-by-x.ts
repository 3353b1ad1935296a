/** max_pool2d_by_x in GLSL: a pixel looks through its window, and takes the cotangent where it is the best. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { divide } from '../../shader/accessors.ts';
import { isNanFunction } from '../../shader/comparison.ts';
import { writePixelShader } from '../../shader/fragment.ts';
import type { MaxPool2dAttributes } from '../../max-pool2d/attributes.ts';

export const maxPool2dByXGl: GlKernel<MaxPool2dAttributes> = {
  shader: writeShader,
};

function writeShader(call: ShaderCall<MaxPool2dAttributes>): string {
  const { size } = call.attributes;
  const [, , height, width] = call.inputs[0]!.type.shape as [number, number, number, number];
  return writePixelShader(
    call,
    `max pool ${size}×${size} by x`,
    `${isNanFunction}

vec4 value(int n, int quad, int y, int x) {
  int to_y = ${divide('y', size)}, to_x = ${divide('x', size)};
  vec4 cotangent = cotangent_pixel(n, quad, min(to_y, ${height - 1}), min(to_x, ${width - 1}));
  if (to_y >= ${height} || to_x >= ${width}) return vec4(0.0);
  int from_y = to_y * ${size}, from_x = to_x * ${size};
  int own = (y - from_y) * ${size} + x - from_x;
  vec4 largest = x_pixel(n, quad, from_y, from_x);
  vec4 best = vec4(0.0);
  for (int tap = 1; tap < ${size * size}; ++tap) {
    int dy = ${divide('tap', size)};
    vec4 next = x_pixel(n, quad, from_y + dy, from_x + tap - dy * ${size});
    bvec4 above = greaterThan(next, largest), nan = is_nan(next);
    largest = mix(mix(largest, next, above), next, nan);
    best = mix(mix(best, vec4(tap), above), vec4(tap), nan);
  }
  return mix(vec4(0.0), cotangent, equal(best, vec4(own)));
}`,
  );
}
