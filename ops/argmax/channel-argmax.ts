/**
 * arg-max over the channels of a 1×1 convolution that is never written: of the encoder's 8,192 logits a position only
 * the best and its place are kept (gl/channel-argmax.ts says what that saves).
 *
 * Two ops: `channel_best` looks through one chunk of channels, so that many fragments share the work; `best_of_chunks`
 * picks among the chunks. Ties and NaN are as in argmax. Built by a rule in ops/rewrite, not by hand.
 */
import { apply } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import { computePackedConv2d, namePackedOperands } from '../conv2d/packed-conv2d.ts';
import { channelBestCpu } from '../conv2d/cpu/packed-conv2d.ts';
import type { PackedConv2dAttributes } from '../conv2d/attributes.ts';
import { chunkQuads } from './attributes.ts';
import { bestOfChunksCpu } from './cpu/best-of-chunks.ts';
import { channelBestGl, bestOfChunksGl } from './gl/channel-argmax.ts';

/**
 * x [B, I, H, W], packed weights, bias → [B, 4·chunks, H, W]: of each chunk the best value and its channel, then two
 * zeros.
 */
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
  kernels: { webgl: channelBestGl, cpu: channelBestCpu },
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
  kernels: { webgl: bestOfChunksGl, cpu: bestOfChunksCpu },
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
