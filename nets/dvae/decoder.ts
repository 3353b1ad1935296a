/**
 * The dVAE's decoder, from `dall_e/decoder.py`: tokens, or any distribution over them, to the statistics of pixels.
 * B batch, h w grid of tokens, V vocabulary.
 */
import { checkProgram } from '../checks.ts';
import { relu, upsampleNearest2d } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import { postGain } from './tensors.ts';
import type { DecoderArchitecture } from './architecture.ts';
import { convolve, residualBlock } from './residual-block.ts';
import type { WeightTree } from '../weight-tree.ts';

/**
 * z [B, V, h, w], one-hot or soft → [B, 2·3, 8h, 8w]. Maps 0 to 2 are μ, the location of the logit-Laplace
 * distribution of each pixel in logit space; maps 3 to 5 are ln b, its scale, which only training uses.
 */
export function decoder(architecture: DecoderArchitecture, weights: WeightTree, z: Tensor): Tensor {
  checkProgram('decoder', architecture, weights, z);
  const { group_count, n_blk_per_group } = architecture;
  const post_gain = postGain(architecture);
  let h = weights.handOn(convolve(weights, 'blocks.input', z)); // 1×1: [B, n_init, h, w]
  for (let group = 1; group <= group_count; group++) {
    for (let block = 1; block <= n_blk_per_group; block++) {
      h = residualBlock(weights, `blocks.group_${group}.block_${block}`, h, post_gain); // [B, n_hid · 2^(4−group), …]
    }
    if (group < group_count) h = upsampleNearest2d(h, 2); // twice h and w
  }
  return convolve(weights, 'blocks.output.conv', relu(h)); // 1×1: [B, 6, 8h, 8w]
}
