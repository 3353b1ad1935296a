/**
 * arg-max over the channels of a 1×1 convolution that is never written: the encoder's 8,192 logits a position stay in
 * registers, and only the best of them and its place leave the fragment. That saves their texture (33 MB at 32×32) and
 * lets a fragment sum two quads of channels at once, so that 16 multiply-adds come to a texture read instead of 10.7 (of
 * halves 32).
 *
 * Two ops: `channel_best` looks through one chunk of channels, so that many fragments share the work; `best_of_chunks`
 * picks among the chunks. Ties and NaN are as in argmax. Built by a rule in ops/rewrite, not by hand.
 */
import { apply } from '../../engine/index.ts';
import type { Op, ReferenceCall, ShaderCall, Tensor } from '../../engine/index.ts';
import { computePackedConv2d, namePackedOperands } from '../conv2d/packed-conv2d.ts';
import type { PackedConv2dAttributes } from '../conv2d/packed-conv2d.ts';
import { floatLiteral } from '../shader/accessors.ts';
import { isNanFunction } from '../shader/comparison.ts';
import { indent, singlePixelBlock, writeElementShader, writeFragmentShader } from '../shader/fragment.ts';
import { groupPackedWeights, readPackedWeights } from '../shader/packed-weights.ts';
import { countProductFetches, productDeclarations, sumName, writeProductLoop } from '../shader/product.ts';
import type { ProductLoop } from '../shader/product.ts';

/** Channel quads that a fragment looks through, two at a time. */
const chunkQuads = 16;
const groups = 2;

/** One tap. */
const kernel = { height: 1, width: 1 } as const;

/** x [B, I, H, W], packed weights, bias → [B, 4·chunks, H, W]: of each chunk the best value and its channel, then two zeros. */
export const channelBestOp: Op<PackedConv2dAttributes> = {
  name: 'channel_best',
  operands: namePackedOperands,
  infer([x], { weight }) {
    const [batch, , height, width] = x!.shape as [number, number, number, number];
    return { shape: [batch, 4 * Math.ceil(weight[0] / (4 * chunkQuads)), height, width], dtype: 'f32' };
  },
  reference: computeChannelBest,
  describe: ({ weight, reluInput }) => `1×1 to ${weight[0]} channels${reluInput ? ', relu on read' : ''}`,
  macs({ output, attributes: { weight } }) {
    const [outChannels, inChannels] = weight;
    const [batch, , height, width] = output.type.shape as [number, number, number, number];
    return batch * height * width * inChannels * outChannels;
  },
  kernels: {
    webgl: {
      shader: writeChannelBestShader,
      // Each of chunkQuads / groups walks reads the block's pixels once and the weights of both groups.
      fetches: (call) =>
        countProductFetches(call, { kernel, ...groupPackedWeights(call, groups) }) * (chunkQuads / groups),
    },
  },
};

/** [B, 4·chunks, H, W] → i32 [B, H, W]. */
export const bestOfChunksOp: Op<undefined> = {
  name: 'best_of_chunks',
  operands: ['chunks'],
  infer([x]) {
    const [batch, , height, width] = x!.shape as [number, number, number, number];
    return { shape: [batch, height, width], dtype: 'i32' };
  },
  reference: computeBestOfChunks,
  kernels: { webgl: { shader: writeBestOfChunksShader, block: () => singlePixelBlock } },
};

/** The inputs of a packed_conv2d with a 1×1 kernel and no residual → i32 [B, H, W]. */
export function channelArgmax(inputs: readonly Tensor[], attributes: PackedConv2dAttributes): Tensor {
  return apply(bestOfChunksOp, [apply(channelBestOp, inputs, attributes)], undefined);
}

function computeChannelBest(call: ReferenceCall<PackedConv2dAttributes>): void {
  const { outputType, output, attributes } = call;
  const [batch, , height, width] = outputType.shape as [number, number, number, number];
  const [channels] = attributes.weight;
  const pixels = height * width;
  const logits = new Float64Array(batch * channels * pixels);
  const type = { shape: [batch, channels, height, width], dtype: 'f32' as const };
  computePackedConv2d({ ...call, output: logits, outputType: type });
  const chunks = outputType.shape[1]! / 4;
  for (let n = 0; n < batch; n++) {
    for (let chunk = 0; chunk < chunks; chunk++) {
      const last = Math.min(channels, (chunk + 1) * 4 * chunkQuads);
      for (let p = 0; p < pixels; p++) {
        let [best, found] = [-Infinity, 0];
        for (let c = chunk * 4 * chunkQuads; c < last; c++) {
          const value = logits[(n * channels + c) * pixels + p]!;
          if (Number.isNaN(value)) [best, found] = [Infinity, -1];
          else if (value > best) [best, found] = [value, c];
        }
        const to = (n * chunks + chunk) * 4 * pixels + p;
        output[to] = best;
        output[to + pixels] = found;
      }
    }
  }
}

function computeBestOfChunks({ inputs, inputTypes, output }: ReferenceCall<undefined>): void {
  const [, channels, height, width] = inputTypes[0]!.shape as [number, number, number, number];
  const pixels = height * width;
  for (let i = 0; i < output.length; i++) {
    const start = Math.floor(i / pixels) * channels * pixels + (i % pixels);
    let [best, found] = [-Infinity, 0];
    for (let c = 0; c < channels && found >= 0; c += 4) {
      const [value, channel] = [inputs[0]![start + c * pixels]!, inputs[0]![start + (c + 1) * pixels]!];
      if (channel < 0 || value > best) [best, found] = [value, channel];
    }
    output[i] = found;
  }
}

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
