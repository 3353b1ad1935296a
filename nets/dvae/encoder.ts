/**
 * The dVAE's encoder, from `dall_e/encoder.py`: a picture to the logits of its tokens.
 * B batch, H W picture height and width, V vocabulary.
 */
import { checkProgram } from '../checks.ts';
import { maxPool2d, relu } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import { postGain } from './tensors.ts';
import type { EncoderArchitecture } from './architecture.ts';
import { convolve, residualBlock } from './residual-block.ts';
import type { WeightTree } from '../weight-tree.ts';

/** x [B, 3, H, W], pixels after `mapPixels` → logits [B, V, H/8, W/8]. H and W are multiples of 8. */
export function encoder(architecture: EncoderArchitecture, weights: WeightTree, x: Tensor): Tensor {
  checkProgram('encoder', architecture, weights, x);
  const { group_count, n_blk_per_group } = architecture;
  const post_gain = postGain(architecture);
  let h = weights.handOn(convolve(weights, 'blocks.input', x)); // 7×7: [B, n_hid, H, W]
  for (let group = 1; group <= group_count; group++) {
    for (let block = 1; block <= n_blk_per_group; block++) {
      h = residualBlock(weights, `blocks.group_${group}.block_${block}`, h, post_gain); // [B, n_hid · 2^(group−1), …]
    }
    if (group < group_count) h = maxPool2d(h, 2); // half of H and W
  }
  return convolve(weights, 'blocks.output.conv', relu(h)); // 1×1: [B, V, H/8, W/8]
}
