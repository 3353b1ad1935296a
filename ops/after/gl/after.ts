/** after in GLSL: the pixels of x as they are. */
import type { GlKernel } from '../../../engine/index.ts';
import { existingPixel, forEachQuad, writeFragmentShader } from '../../shader/fragment.ts';

export const afterGl: GlKernel<undefined> = {
  shader: (call) =>
    writeFragmentShader(call, 'after', {
      pixel(position) {
        const { layout } = call.output;
        const { y, x } = existingPixel(layout, position);
        return forEachQuad(layout, (quad) => `x_pixel(n, ${quad}, ${y}, ${x})`);
      },
    }),
};
