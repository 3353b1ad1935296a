/** upsample_nearest2d in GLSL: four channels of the pixel that is repeated. */
import type { GlKernel } from '../../../engine/index.ts';
import { divide } from '../../shader/accessors.ts';
import { writePixelShader } from '../../shader/fragment.ts';
import type { UpsampleNearest2dAttributes } from '../attributes.ts';

export const upsampleNearest2dGl: GlKernel<UpsampleNearest2dAttributes> = {
  shader(call) {
    const { scale } = call.attributes;
    const body = `  return x_pixel(n, quad, ${divide('y', scale)}, ${divide('x', scale)});`;
    return writePixelShader(
      call,
      `upsample nearest ×${scale}`,
      `vec4 value(int n, int quad, int y, int x) {\n${body}\n}`,
    );
  },
};
