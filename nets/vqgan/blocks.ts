/**
 * The blocks of a VQGAN's encoder and decoder, from taming's `modules/diffusionmodules/model.py`. Swish is silu.
 * B batch, C channels, H W height and width.
 */
import { ShapeError } from '../../base/errors.ts';
import { add, conv2d, groupNorm, matmul, mul, reshape, silu, softmax, tensor } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import type { WeightTree } from '../weight-tree.ts';
import { GROUPS } from './architecture.ts';

/** What every block is computed with. */
export interface BlockContext {
  readonly weights: WeightTree;
  /** Of every GroupNorm. */
  readonly epsilon: number;
}

/** The convolution at `path`: x [B, I, H, W] → [B, O, H, W]. */
export function convolve({ weights }: BlockContext, path: string, x: Tensor): Tensor {
  return conv2d(x, weights.get(`${path}.weight`), weights.get(`${path}.bias`));
}

/** The GroupNorm at `path`. */
function normalise({ weights, epsilon }: BlockContext, path: string, x: Tensor): Tensor {
  return groupNorm(x, weights.get(`${path}.weight`), weights.get(`${path}.bias`), { groups: GROUPS, epsilon });
}

/** norm, swish, convolution, as a block has it twice and each net at its end: x [B, I, H, W] → [B, O, H, W]. */
export function normaliseAndConvolve(context: BlockContext, norm: string, conv: string, x: Tensor): Tensor {
  return convolve(context, conv, silu(normalise(context, norm, x)));
}

/** x + conv2(swish(norm2(conv1(swish(norm1(x)))))), x through a 1×1 convolution where its width changes. */
function residualBlock(context: BlockContext, path: string, x: Tensor): Tensor {
  const { weights } = context;
  const changesWidth = weights.has(`${path}.nin_shortcut.weight`);
  const h = weights.handOn(normaliseAndConvolve(context, `${path}.norm1`, `${path}.conv1`, x)); // [B, C_out, H, W]
  const residual = normaliseAndConvolve(context, `${path}.norm2`, `${path}.conv2`, h);
  const shortcut = changesWidth ? weights.handOn(convolve(context, `${path}.nin_shortcut`, x)) : x;
  return weights.handOn(add(shortcut, residual));
}

/** Pixels of a map in which each looks at all: their scores are then a gigabyte. A picture of 2048×2048 has as many. */
const MOST_ATTENDED = 128 * 128;

/**
 * One head of attention whose keys are all pixels of the picture, and x: [B, C, H, W] → the same. Throws ShapeError
 * `E_SHAPE` for a map of too many.
 */
function attentionBlock(context: BlockContext, path: string, x: Tensor): Tensor {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  if (height * width > MOST_ATTENDED) throw attentionError(height, width);
  const h = normalise(context, `${path}.norm`, x);
  const project = (name: string): Tensor => {
    return reshape(convolve(context, `${path}.${name}`, h), [batch, channels, height * width]); // [B, C, H·W]
  };
  const queries = mul(project('q'), tensor([channels ** -0.5], []));
  const scores = matmul(queries, project('k'), undefined, { transposeA: true }); // [B, H·W queries, H·W keys]
  const attended = matmul(project('v'), softmax(scores), undefined, { transposeB: true }); // [B, C, H·W]
  const picture = reshape(attended, [batch, channels, height, width]); // [B, C, H, W]
  return context.weights.handOn(add(x, convolve(context, `${path}.proj_out`, picture)));
}

function attentionError(height: number, width: number): ShapeError {
  return new ShapeError(
    'E_SHAPE',
    `attention: in a map of ${height} × ${width} every pixel would look at all, and ${MOST_ATTENDED} pixels are the most ` +
      'for which that is computed, 128 × 128. Use a smaller picture, or fewer tokens.',
  );
}

/** What both nets have at their smallest maps: x [B, C, h, w] → the same. */
export function middle(context: BlockContext, path: string, x: Tensor): Tensor {
  const h = residualBlock(context, `${path}.block_1`, x);
  return residualBlock(context, `${path}.block_2`, attentionBlock(context, `${path}.attn_1`, h));
}

/** The blocks of a level, each with its attention where the level has one: x [B, I, H, W] → [B, C, H, W]. */
export function levelBlocks(context: BlockContext, path: string, x: Tensor, sizes: LevelSizes): Tensor {
  let h = x;
  for (let block = 0; block < sizes.blocks; block++) {
    h = residualBlock(context, `${path}.block.${block}`, h);
    if (sizes.attends) h = attentionBlock(context, `${path}.attn.${block}`, h);
  }
  return h;
}

interface LevelSizes {
  readonly blocks: number;
  readonly attends: boolean;
}
