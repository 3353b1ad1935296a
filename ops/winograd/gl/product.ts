/** winograd_product in GLSL: conv2d's kernel with one tap, each image with weights of its own. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { divide } from '../../shader/accessors.ts';
import { groupPackedWeights, readPackedWeights } from '../../shader/packed-weights.ts';
import { countProductFetches, joinSums, writeProductShader } from '../../shader/product.ts';
import type { WinogradProductAttributes } from '../attributes.ts';

export const winogradProductGl: GlKernel<WinogradProductAttributes> = {
  shader: writeShader,
  fetches: (call) => countProductFetches(call, { kernel, ...groupPackedWeights(call) }),
};

/** One tap. */
const kernel = { height: 1, width: 1 } as const;

function writeShader(call: ShaderCall<WinogradProductAttributes>): string {
  const [x, weights] = call.inputs;
  const batch = x!.layout.grid.n / weights!.layout.grid.n;
  return writeProductShader(call, {
    title: 'Winograd, product',
    kernel,
    reluInput: false,
    start: () => 'vec4(0.0)',
    ...readPackedWeights(call, { kernel, image: divide('n', batch) }),
    finish: joinSums,
  });
}
