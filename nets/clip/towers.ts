/**
 * The two towers of CLIP as tensor programs, in the words of the paper (Learning Transferable Visual Models From
 * Natural Language Supervision, §2.4). Both are the same transformer, x + attention(norm(x)) and then x + mlp(norm(x));
 * that of text is causal.
 *
 * S sequences of T positions as rows [S·T, dim], N heads of D, E numbers of what is compared.
 */
import { add, attention, embed, gather, gelu, layerNorm, layRows, linear, pad, reshape } from '../../ops/index.ts';
import { quickGelu, tensor, type Mask, type Tensor } from '../../ops/index.ts';
import { keyValueForm } from '../../ops/attention/attention.ts';
import { allKeys } from '../../ops/attention/mask.ts';
import type { WeightTree } from '../weight-tree.ts';
import { textTower, visionPositions, visionTower, type ClipArchitecture, type Tower } from './architecture.ts';

/** Patches [B·G·G, 3·P·P] of B pictures → what they show, [B, E]. */
export function encodePictures(architecture: ClipArchitecture, weights: WeightTree, patches: Tensor): Tensor {
  const { vision_dim: dim } = architecture;
  const positions = visionPositions(architecture); // T
  const batch = patches.shape[0]! / (positions - 1);
  const rows = reshape(linear(patches, weights.get('patches')), [batch, positions - 1, dim]);
  const places = add(weights.get('visual.positional_embedding'), classRow(weights, positions)); // [T, dim]
  const embedded = add(pad(rows, [0, 1, 0], [0, 0, 0]), places); // the class token first: [B, T, dim]
  let x = norm(weights, 'visual.ln_pre', reshape(embedded, [batch * positions, dim]));
  x = transformer(architecture, visionTower(architecture), weights, 'visual.transformer', x, {
    sequences: batch,
    length: positions,
    isCausal: false,
  });
  const first = gather(
    x,
    tensor(
      Array.from({ length: batch }, (_, b) => b * positions),
      [batch],
      'i32',
    ),
  ); // [B, dim]
  return linear(norm(weights, 'visual.ln_post', first), weights.get('picture_projection'));
}

/** The class token, which stands before the patches: its row, and zeros for theirs, [T, dim]. */
function classRow(weights: WeightTree, positions: number): Tensor {
  const token = weights.get('visual.class_embedding');
  return pad(reshape(token, [1, token.shape[0]!]), [0, 0], [positions - 1, 0]);
}

/** Text i32 [S, T], and the row of the mark of each end, i32 [S] → what the texts say, [S, E]. */
export function encodeTexts(architecture: ClipArchitecture, weights: WeightTree, text: Tensor, ends: Tensor): Tensor {
  const [sequences, length] = text.shape as [number, number];
  const table = weights.get('token_embedding.weight');
  const embedded = embed(text, table, weights.get('positional_embedding'), tensor([0], [1], 'i32')); // [S·T, dim]
  const x = transformer(architecture, textTower(architecture), weights, 'transformer', embedded, {
    sequences,
    length,
    isCausal: true,
  });
  return linear(norm(weights, 'ln_final', gather(x, ends)), weights.get('text_projection'));
}

interface Sequences {
  readonly sequences: number;
  readonly length: number;
  readonly isCausal: boolean;
}

/** Rows [S·T, dim] → rows [S·T, dim], before the last norm. */
function transformer(
  { activation }: ClipArchitecture,
  { dim, depth, heads }: Tower,
  weights: WeightTree,
  path: string,
  rows: Tensor,
  { sequences, length, isCausal }: Sequences,
): Tensor {
  const sizes = { sequences, batch: sequences, length, heads, headSize: dim / heads, reach: 'all' } as const;
  const attributes = { ...sizes, mask: isCausal ? causal(length) : allKeys(length) };
  const position = isCausal
    ? tensor([0], [1], 'i32')
    : tensor(new Array<number>(sequences).fill(length), [sequences], 'i32');
  let x = rows;
  for (let layer = 0; layer < depth; layer++) {
    const block = `${path}.resblocks.${layer}`;
    const normed = norm(weights, `${block}.ln_1`, x);
    const qkv = linear(normed, weights.get(`${block}.attn.in_proj_weight`), weights.get(`${block}.attn.in_proj_bias`));
    const cache = layRows(qkv, { ...keyValueForm(attributes), sequences });
    const attended = attention(qkv, cache, position, attributes, `${block}.attn.scores`); // [S·T, N·D]
    x = add(x, product(weights, `${block}.attn.out_proj`, attended));
    const up = product(weights, `${block}.mlp.c_fc`, norm(weights, `${block}.ln_2`, x));
    x = add(x, product(weights, `${block}.mlp.c_proj`, activation === 'gelu' ? gelu(up) : quickGelu(up)));
  }
  return x;
}

function causal(length: number): Mask {
  return { kind: 'full', text: 0, grid: [1, length], kernel: 1, edges: 'cut' };
}

function norm(weights: WeightTree, path: string, x: Tensor): Tensor {
  return layerNorm(x, weights.get(`${path}.weight`), weights.get(`${path}.bias`));
}

function product(weights: WeightTree, path: string, x: Tensor): Tensor {
  return linear(x, weights.get(`${path}.weight`), weights.get(`${path}.bias`));
}
