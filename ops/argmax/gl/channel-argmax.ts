/**
 * channel_best and best_of_chunks in GLSL: the logits stay in registers, and only the best of them and its place
 * leave the fragment. That saves their texture (33 MB at 32×32) and lets a fragment sum two quads of channels at
 * once, so that 16 multiply-adds come to a texture read instead of 10.7 (of halves 32).
 */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import type { PackedConv2dAttributes } from '../../conv2d/attributes.ts';
import { floatLiteral } from '../../shader/accessors.ts';
import { isNanFunction } from '../../shader/comparison.ts';
import { indent, singlePixelBlock, writeElementShader, writeFragmentShader } from '../../shader/fragment.ts';
import { groupPackedWeights, readPackedWeights } from '../../shader/packed-weights.ts';
import { countProductFetches, productDeclarations, sumName, writeProductLoop } from '../../shader/product.ts';
import type { ProductLoop } from '../../shader/product.ts';
import { chunkQuads } from '../attributes.ts';

export const channelBestGl: GlKernel<PackedConv2dAttributes> = {
  shader: writeChannelBestShader,
  // Each of chunkQuads / groups walks reads the block's pixels once and the weights of both groups.
  fetches: (call) => countProductFetches(call, { kernel, ...groupPackedWeights(call, groups) }) * (chunkQuads / groups),
};

export const bestOfChunksGl: GlKernel<undefined> = { shader: writeBestOfChunksShader, block: () => singlePixelBlock };

const groups = 2;

/** One tap. */
const kernel = { height: 1, width: 1 } as const;

function writeBestOfChunksShader(call: ShaderCall<undefined>): string {
  const chunks = call.inputs[0]!.layout.quads;
  const element = `float element(int n, int c, int y, int x) {
  vec2 best = vec2(${floatLiteral(-Infinity)}, 0.0);
  for (int chunk = 0; chunk < ${chunks}; ++chunk) {
    vec2 found = chunks_pixel(n, chunk, x, c).xy;
    if (found.y < 0.0) return -1.0;
    if (found.x > best.x) best = found;
  }
  return best.y;
}`;
  return writeElementShader(call, 'best of chunks', element);
}

function writeChannelBestShader(call: ShaderCall<PackedConv2dAttributes>): string {
  const { weight, reluInput, bias } = call.attributes;
  const quads = Math.ceil(weight[0] / 4);
  const loop: ProductLoop = {
    kernel,
    reluInput,
    start: (group) => (bias ? `bias_pixel(0, quad_${group}, 0, 0)` : 'vec4(0.0)'),
    ...readPackedWeights(call, { kernel, groups }),
  };
  const hasNan = reluInput && call.inputs[0]!.layout.lanes === 4; // relu brings is_nan
  const pixels = Array.from({ length: call.output.layout.targets }, (_, pixel) => pixel);
  const firsts = [0, 1].map((group) => `quad * ${chunkQuads} + step * ${groups} + ${group}`);
  return writeFragmentShader(call, `conv2d 1×1, best of each ${4 * chunkQuads} channels`, {
    declarations: `${productDeclarations(call, loop)}
${hasNan ? '' : isNanFunction}

vec2 look(vec2 best, vec4 sums, int quad) {
  bvec4 nan = is_nan(sums);
  for (int lane = 0; lane < 4; ++lane) {
    int channel = quad * 4 + lane;
    if (channel >= ${weight[0]}) break;
    if (nan[lane]) best = vec2(${floatLiteral(Infinity)}, -1.0);
    else if (sums[lane] > best.x) best = vec2(sums[lane], float(channel));
  }
  return best;
}`,
    prepare: [
      ...pixels.map((pixel) => `vec2 best_${pixel} = vec2(${floatLiteral(-Infinity)}, 0.0);`),
      `for (int step = 0; step < ${chunkQuads / groups}; ++step) {`,
      // Quads beyond the last are computed from it again and then not looked at.
      ...firsts.map((first, group) => `  int quad_${group} = min(${first}, ${quads - 1});`),
      ...(loop.pairedWeights ? ['  int octet = quad_0 >> 1;'] : []),
      indent(writeProductLoop(call, loop)),
      ...firsts.flatMap((first, group) =>
        pixels.map((pixel) => `  best_${pixel} = look(best_${pixel}, ${sumName(call, loop, group, pixel)}, ${first});`),
      ),
      '}',
    ].join('\n'),
    pixel: ({ pixel }) => `vec4(best_${pixel}, 0.0, 0.0)`,
  });
}
