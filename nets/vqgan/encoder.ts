/**
 * A VQGAN's encoder, from taming's `VQModel.encode` up to the quantiser: a picture to the vectors that codes stand for.
 * B batch, H W picture height and width, P pixels along each side of a token, e numbers in a row of the codebook.
 */
import { checkProgram } from '../checks.ts';
import { stridedConv2d } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import type { WeightTree } from '../weight-tree.ts';
import type { VqganEncoderArchitecture } from './architecture.ts';
import { convolve, levelBlocks, middle, normaliseAndConvolve, type BlockContext } from './blocks.ts';

/** x [B, 3, H, W] in the range of pixels → [B, e, H/P, W/P]. H and W are multiples of P. */
export function encoder(architecture: VqganEncoderArchitecture, weights: WeightTree, x: Tensor): Tensor {
  checkProgram('encoder', architecture, weights, x);
  const { ch_mult, num_res_blocks, attn_levels, epsilon } = architecture;
  const context = { weights, epsilon };
  let h = weights.handOn(convolve(context, 'encoder.conv_in', x)); // [B, ch, H, W]
  for (const level of ch_mult.keys()) {
    const sizes = { blocks: num_res_blocks, attends: attn_levels.includes(level) };
    h = levelBlocks(context, `encoder.down.${level}`, h, sizes); // [B, ch · mult of the level, …]
    if (level === ch_mult.length - 1) break;
    h = weights.handOn(downsample(context, `encoder.down.${level}.downsample.conv`, h)); // half of H and W
  }
  h = middle(context, 'encoder.mid', h);
  const z = normaliseAndConvolve(context, 'encoder.norm_out', 'encoder.conv_out', h); // [B, z, H/P, W/P]
  return convolve(context, 'quant_conv', z); // [B, e, H/P, W/P]
}

/** A 3×3 convolution of stride 2 whose zeros stand to the right and below: [B, C, H, W] → [B, C, H/2, W/2]. */
function downsample({ weights }: BlockContext, path: string, x: Tensor): Tensor {
  const padding = [0, 0, 1, 1] as const;
  return stridedConv2d(x, weights.get(`${path}.weight`), weights.get(`${path}.bias`), { stride: 2, padding });
}
