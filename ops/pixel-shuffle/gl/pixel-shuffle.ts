/** pixelShuffle in GLSL: each element is fetched from where it was. */
import type { GlKernel } from '../../../engine/index.ts';
import { divide, modulo } from '../../shader/accessors.ts';
import { countElementFetches, writeElementShader } from '../../shader/fragment.ts';
import type { PixelShuffleAttributes } from '../attributes.ts';

export const pixelShuffleGl: GlKernel<PixelShuffleAttributes> = {
  shader(call) {
    const { scale } = call.attributes;
    const channel = `c * ${scale ** 2} + ${modulo('y', scale)} * ${scale} + ${modulo('x', scale)}`;
    return writeElementShader(
      call,
      `pixel_shuffle ×${scale}`,
      [
        'float element(int n, int c, int y, int x) {',
        `  return x_at(n, ${channel}, ${divide('y', scale)}, ${divide('x', scale)});`,
        '}',
      ].join('\n'),
    );
  },
  fetches: countElementFetches,
};
