/**
 * The two nets of DALLE-pytorch's DiscreteVAE: a picture to the logits of its tokens, and tokens back to a picture.
 * B batch, C channels, H W picture height and width, P pixels along each side of a token, h = H/P, w = W/P.
 */
import { checkProgram } from '../checks.ts';
import { add, conv2d, gather, pixelShuffle, relu, stridedConv2d } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import type { WeightTree } from '../weight-tree.ts';
import type { DiscreteVaeDecoderArchitecture, DiscreteVaeEncoderArchitecture } from './architecture.ts';
import { placesOf } from './tensors.ts';
import { transposedName } from './transposed.ts';

/** x [B, C, H, W] after `normalise` → logits [B, num_tokens, h, w]. H and W are multiples of P. */
export function encoder(architecture: DiscreteVaeEncoderArchitecture, weights: WeightTree, x: Tensor): Tensor {
  checkProgram('encoder', architecture, weights, x);
  const { num_layers, num_resnet_blocks } = architecture;
  const options = { stride: 2, padding: [1, 1, 1, 1] } as const;
  let h = x;
  for (let layer = 0; layer < num_layers; layer++) {
    const [kernel, bias] = kernelOf(weights, `encoder.${layer}.0`);
    h = weights.handOn(relu(stridedConv2d(h, kernel, bias, options))); // half of H and W
  }
  for (let block = 0; block < num_resnet_blocks; block++)
    h = residualBlock(weights, `encoder.${num_layers + block}`, h);
  return convolve(weights, `encoder.${num_layers + num_resnet_blocks}`, h);
}

/** Tokens [B, h, w] → [B, C, H, W], about −1…1; `denormalise` gives pixels. */
export function decoder(architecture: DiscreteVaeDecoderArchitecture, weights: WeightTree, tokens: Tensor): Tensor {
  checkProgram('decoder', architecture, weights, tokens);
  const { num_layers, num_resnet_blocks } = architecture;
  const { firstLayer, last } = placesOf(architecture);
  let h = weights.handOn(gather(weights.get('codebook.weight'), tokens, 1)); // [B, codebook_dim, h, w]
  if (num_resnet_blocks > 0) h = weights.handOn(convolve(weights, 'decoder.0', h));
  for (let block = 0; block < num_resnet_blocks; block++) h = residualBlock(weights, `decoder.${1 + block}`, h);
  for (let layer = 0; layer < num_layers; layer++) {
    // A transposed convolution: one of the same size for each of four pixels, which then move to their places.
    const phases = convolve(weights, transposedName(`decoder.${firstLayer + layer}.0`), h); // [B, 4 · hidden_dim, …]
    h = weights.handOn(relu(pixelShuffle(phases, 2))); // twice h and w
  }
  return convolve(weights, `decoder.${last}`, h);
}

/** x + net(x): nothing is normalised, and no ReLU ends it. */
function residualBlock(weights: WeightTree, path: string, x: Tensor): Tensor {
  let res = x;
  for (const layer of [0, 2]) res = weights.handOn(relu(convolve(weights, `${path}.net.${layer}`, res)));
  return weights.handOn(add(x, convolve(weights, `${path}.net.4`, res)));
}

function convolve(weights: WeightTree, path: string, x: Tensor): Tensor {
  const [kernel, bias] = kernelOf(weights, path);
  return conv2d(x, kernel, bias);
}

function kernelOf(weights: WeightTree, path: string): readonly [kernel: Tensor, bias: Tensor] {
  return [weights.get(`${path}.weight`), weights.get(`${path}.bias`)];
}
