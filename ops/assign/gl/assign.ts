/** assign in GLSL: the texels of the value as they are. */
import type { GlKernel } from '../../../engine/index.ts';
import { existingPixel, forEachQuad, writeFragmentShader } from '../../shader/fragment.ts';

export const assignGl: GlKernel<undefined> = {
  shader: (call) =>
    writeFragmentShader(call, 'assign', {
      pixel(position) {
        const { layout } = call.output;
        const { y, x } = existingPixel(layout, position);
        return forEachQuad(layout, (quad) => `value_pixel(n, ${quad}, ${y}, ${x})`);
      },
    }),
};
