/**
 * A VQGAN's decoder, from taming's `VQModel.decode`: what codes stand for to the pixels of a picture. Attention and
 * GroupNorm make every pixel depend on every code.
 * B batch, z channels of the latent, h w grid of tokens, P pixels along each side of a token.
 */
import { checkProgram } from '../checks.ts';
import { pixelShuffle, upsampleNearest2d } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import type { WeightTree } from '../weight-tree.ts';
import type { VqganDecoderArchitecture } from './architecture.ts';
import { convolve, levelBlocks, middle, normaliseAndConvolve } from './blocks.ts';

/** z [B, z, h, w], behind `post_quant_conv` → [B, 3, P·h, P·w], not clamped: about within the range of pixels. */
export function decoder(architecture: VqganDecoderArchitecture, weights: WeightTree, z: Tensor): Tensor {
  checkProgram('decoder', architecture, weights, z);
  const { ch_mult, num_res_blocks, attn_levels, epsilon } = architecture;
  const context = { weights, epsilon };
  let h = weights.handOn(convolve(context, 'decoder.conv_in', z)); // [B, ch · the last mult, h, w]
  h = middle(context, 'decoder.mid', h);
  for (let level = ch_mult.length - 1; level >= 0; level--) {
    const sizes = { blocks: num_res_blocks + 1, attends: attn_levels.includes(level) };
    h = levelBlocks(context, `decoder.up.${level}`, h, sizes); // [B, ch · mult of the level, …]
    if (level === 0) break;
    h = weights.handOn(convolve(context, `decoder.up.${level}.upsample.conv`, upsampleNearest2d(h, 2))); // twice h, w
  }
  const y = normaliseAndConvolve(context, 'decoder.norm_out', 'decoder.conv_out', h);
  // With a wavelet the convolution gives the four pixels of each cell already (wavelet.ts).
  return architecture.wavelet ? pixelShuffle(y, 2) : y; // [B, 3, P·h, P·w]
}
