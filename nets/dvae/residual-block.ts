/**
 * The residual block of the dVAE's encoder and decoder. Follows `dall_e/encoder.py`
 * and `dall_e/decoder.py`: out = id_path(x) + post_gain · res_path(x), no normalisation anywhere, ReLU before every
 * convolution of the residual path and never on the skip path. B batch, C channels, H W height and width.
 */
import { conv2d, relu, scaleAdd } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import type { WeightTree } from '../weight-tree.ts';

/** The convolution whose weights are `path`.w and `path`.b: x [B, I, H, W] → [B, O, H, W]. */
export function convolve(weights: WeightTree, path: string, x: Tensor): Tensor {
  return conv2d(x, weights.get(`${path}.w`), weights.get(`${path}.b`));
}

/**
 * One block at `path`. Kernels (3, 3, 3, 1 in the encoder; 1, 3, 3, 3 in the decoder) and widths are the weights' own.
 * `post_gain` is 1 / n_layers², so that at the start of training every block is close to its skip path.
 */
export function residualBlock(weights: WeightTree, path: string, x: Tensor, post_gain: number): Tensor {
  const changesWidth = weights.has(`${path}.id_path.w`);
  const id = changesWidth ? weights.handOn(convolve(weights, `${path}.id_path`, x)) : x; // [B, C_out, H, W]
  let res = x;
  for (const conv of ['conv_1', 'conv_2', 'conv_3']) {
    res = weights.handOn(convolve(weights, `${path}.res_path.${conv}`, relu(res))); // [B, C_out / 4, H, W]
  }
  res = convolve(weights, `${path}.res_path.conv_4`, relu(res)); // [B, C_out, H, W]
  return weights.handOn(scaleAdd(id, res, post_gain));
}
