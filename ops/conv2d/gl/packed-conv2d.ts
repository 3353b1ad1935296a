/**
 * pack_weights and packed_conv2d in GLSL. The convolution is the product of ops/shader/product.ts over the taps of
 * its kernel: a texel of the packed weight holds one tap of one input channel for four output channels.
 */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { divide, modulo, readResultChannels } from '../../shader/accessors.ts';
import {
  countElementFetches,
  existingPixel,
  listQuads,
  quotient,
  singlePixelBlock,
  writeElementShader,
} from '../../shader/fragment.ts';
import { groupPackedWeights, readPackedWeights } from '../../shader/packed-weights.ts';
import { addResidual, countProductFetches, joinSums, writeProductShader } from '../../shader/product.ts';
import type { PackAttributes, PackedConv2dAttributes } from '../attributes.ts';

export const packWeightsGl: GlKernel<PackAttributes> = {
  shader: writePackingShader,
  // One pixel a texel: a tap's four input channels are neighbours in memory, one cache line.
  block: () => singlePixelBlock,
  fetches: countElementFetches,
};

export const packedConv2dGl: GlKernel<PackedConv2dAttributes> = {
  shader: writePackedShader,
  fetches(call) {
    const { weight, strides } = call.attributes;
    const [, , height, width] = weight;
    const kernel = { height, width };
    return countProductFetches(call, { kernel, ...(strides && { strides }), ...groupPackedWeights(call) });
  },
};

/** The same text for kernels of every size, so that one program packs them all (engine/gl/share-programs.ts). */
function writePackingShader(call: ShaderCall<PackAttributes>): string {
  const { weight, lanes } = call.attributes;
  const [, inChannels, height] = weight;
  return writeElementShader(
    call,
    'pack weights of conv2d',
    [
      'float element(int n, int o, int y, int x) {',
      `  int turn = ${quotient('y', height, call.output.layout.grid.h)};`,
      `  int i = turn * ${lanes} + ${modulo('x', lanes)};`,
      `  float value = weight_at(o, min(i, ${inChannels - 1}), y - turn * ${height}, ${divide('x', lanes)});`,
      `  return i < ${inChannels} ? value : 0.0;`,
      '}',
    ].join('\n'),
  );
}

function writePackedShader(call: ShaderCall<PackedConv2dAttributes>): string {
  const { weight, reluInput, bias, gain, residualScale, strides } = call.attributes;
  const [, , height, width] = weight;
  const { layout } = call.output;
  const kernel = { height, width };
  const quads = listQuads(layout);
  return writeProductShader(call, {
    title: `conv2d ${height}×${width}${strides ? `, stride ${strides.stride}` : ''}${reluInput ? ', ReLU on read' : ''}${gain === undefined ? '' : ', residual on write'}`,
    kernel,
    ...(strides && { strides }),
    reluInput,
    start: (group) => (bias ? `bias_pixel(0, ${quads[group]}, 0, 0)` : 'vec4(0.0)'),
    ...readPackedWeights(call, { kernel }),
    finish(sums, position) {
      const sum = joinSums(sums);
      if (gain === undefined) return sum;
      const { y, x } = existingPixel(layout, position);
      const [fromY, fromX] = [y, x].map((position) => divide(`(${position})`, residualScale)) as [string, string];
      return addResidual(sum, readResultChannels(call.inputs.at(-1)!, layout, 'n', fromY, fromX), gain);
    },
  });
}
