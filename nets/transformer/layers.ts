/**
 * The layers of the transformer, in the words of the paper (Zero-Shot Text-to-Image Generation, appendix B.1) and of
 * its relatives: per layer x + attention(norm(x)), then x + mlp(norm(x)). Nothing here knows whether it runs on a whole
 * sequence or on one step of it: what differs, the keys and values that a row sees, is passed in.
 *
 * Rows [R, dim] are positions of one or more sequences. N heads of D.
 */
import { add, checkpoint, gelu, geluTanh, layerNorm, linear, mul, slice } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import type { TransformerArchitecture } from './architecture.ts';
import type { WeightTree } from '../weight-tree.ts';

/** The two branches of a layer. */
export type Branch = 'attention' | 'mlp';

/** What a row takes from where it stands, and from other rows of its sequence. */
export interface Context {
  /** Rows [R, dim] of a branch, normed → [R, dim], some channels of each from its neighbours (token shift). */
  shift(layer: number, branch: Branch, normed: Tensor): Tensor;
  /** Queries, keys and values [R, 3·N·D], turned by their positions (rotary). */
  rotate(qkv: Tensor): Tensor;
  /** Queries, keys and values [R, 3·N·D] of a layer → [R, N·D]. */
  attend(layer: number, qkv: Tensor): Tensor;
  /** A training step keeps the rows before each layer only, and computes the layer once more on the way back. */
  readonly recomputes?: boolean;
}

/** rows [R, dim], embedded → rows [R, dim], before the last norm. */
export function transformerLayers(
  architecture: TransformerArchitecture,
  weights: WeightTree,
  rows: Tensor,
  context: Context,
): Tensor {
  let x = rows;
  for (let layer = 0; layer < architecture.depth; layer++) {
    const compute = (before: Tensor): Tensor => transformerLayer(architecture, weights, layer, before, context);
    x = context.recomputes ? checkpoint(compute, x) : compute(x);
  }
  return x;
}

function transformerLayer(
  architecture: TransformerArchitecture,
  weights: WeightTree,
  layer: number,
  rows: Tensor,
  context: Context,
): Tensor {
  const { shift_tokens, position } = architecture;
  const path = `layers.${layer}`;
  const shift = (name: Branch, normed: Tensor): Tensor => (shift_tokens ? context.shift(layer, name, normed) : normed);
  const x = branch(weights, `${path}.attention`, rows, (normed) => {
    const qkv = product(weights, `${path}.attention.qkv`, shift('attention', normed));
    const placed = position === 'rotary' ? context.rotate(qkv) : qkv;
    return product(weights, `${path}.attention.out`, context.attend(layer, placed));
  });
  return branch(weights, `${path}.mlp`, x, (normed) => {
    const up = product(weights, `${path}.mlp.up`, shift('mlp', normed));
    return product(weights, `${path}.mlp.down`, activate(architecture, up));
  });
}

/** x plus a branch, with the norm before it and whatever the architecture has behind it. */
function branch(weights: WeightTree, path: string, x: Tensor, compute: (normed: Tensor) => Tensor): Tensor {
  let y = compute(norm(weights, `${path}_norm`, x));
  if (weights.has(`${path}_norm_out.weight`)) y = norm(weights, `${path}_norm_out`, y); // sandwich
  if (weights.has(`${path}_scale`)) y = mul(y, weights.get(`${path}_scale`)); // LayerScale
  return add(x, y);
}

function activate({ activation, mlp_size }: TransformerArchitecture, up: Tensor): Tensor {
  if (activation === 'gelu-erf') return gelu(up);
  if (activation === 'gelu-tanh') return geluTanh(up);
  const half = [up.shape[0]!, mlp_size];
  return mul(slice(up, [0, 0], half), gelu(slice(up, [0, mlp_size], half))); // GEGLU: [R, mlp_size]
}

/** The logits of rows [R, dim] over one vocabulary: [R, V]. */
export function logits(weights: WeightTree, vocabulary: 'text' | 'image', rows: Tensor): Tensor {
  let normed = norm(weights, 'final_norm', rows);
  if (weights.has('output_norm.weight')) normed = norm(weights, 'output_norm', normed);
  return product(weights, `${vocabulary}_head`, normed);
}

function norm(weights: WeightTree, path: string, x: Tensor): Tensor {
  return layerNorm(x, weights.get(`${path}.weight`), weights.get(`${path}.bias`));
}

function product(weights: WeightTree, path: string, x: Tensor): Tensor {
  const bias = `${path}.bias`;
  return linear(x, weights.get(`${path}.weight`), weights.has(bias) ? weights.get(bias) : undefined);
}
