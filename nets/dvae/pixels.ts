/**
 * Between pixels in [0, 1] and the range the dVAE works in, from `dall_e/utils.py`. The logit-Laplace distribution has
 * no density at 0 and 1, where logit is infinite, so pixels are squeezed into [ε, 1 − ε] (paper, appendix A.3).
 */
import { argumentError } from '../../base/check-argument.ts';
import { checkTensor } from '../../engine/index.ts';
import { add, clamp, div, mul, sigmoid, slice, sub, tensor } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';

/** ε of the paper. */
export const logit_laplace_eps = 0.1;

const scalar = (value: number): Tensor => tensor([value], []);

/** x in [0, 1] → [0.1, 0.9], any shape. */
export function mapPixels(x: Tensor): Tensor {
  return add(mul(x, scalar(1 - 2 * logit_laplace_eps)), scalar(logit_laplace_eps));
}

/** x in [0.1, 0.9] → [0, 1], clamped, any shape. */
function unmapPixels(x: Tensor): Tensor {
  return clamp(div(sub(x, scalar(logit_laplace_eps)), scalar(1 - 2 * logit_laplace_eps)), 0, 1);
}

/** The decoder's statistics [B, 6, H, W] → the most likely pixels [B, 3, H, W] in [0, 1]. */
export function likelyPixels(statistics: Tensor): Tensor {
  checkTensor('likelyPixels', statistics);
  if (statistics.shape.length !== 4) throw argumentError('likelyPixels', 'statistics [B, 6, H, W]', statistics);
  const [batch, maps, height, width] = statistics.shape as [number, number, number, number];
  const location = slice(statistics, [0, 0, 0, 0], [batch, maps / 2, height, width]); // [B, 3, H, W]
  return unmapPixels(sigmoid(location));
}
