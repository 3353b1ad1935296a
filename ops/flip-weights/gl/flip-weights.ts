/** flip_weights in GLSL: each element is read from its place in the weight. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { countElementFetches, singlePixelBlock, writeElementShader } from '../../shader/fragment.ts';

export const flipWeightsGl: GlKernel<undefined> = {
  shader: writeFlippingShader,
  block: () => singlePixelBlock,
  fetches: countElementFetches,
};

function writeFlippingShader(call: ShaderCall<undefined>): string {
  const [, , height, width] = call.output.type.shape as [number, number, number, number];
  const read = `weight_at(c, n, ${height - 1} - y, ${width - 1} - x)`;
  const element = `float element(int n, int c, int y, int x) {\n  return ${read};\n}`;
  return writeElementShader(call, 'weight of conv2d by input', element);
}
