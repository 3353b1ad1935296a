/**
 * The layers of DALL·E mini's BART, a "normformer": each branch has a norm before it, an attention also one behind it,
 * and the gated unit one inside. Nothing here knows whether it runs on a whole sequence or on one step of it: how rows
 * see others is passed in.
 *
 * Rows [R, dim] are positions of one or more sequences. N heads of D.
 */
import { add, gelu, layerNorm, linear, mul } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import type { WeightTree } from '../weight-tree.ts';
import type { BartDecoderArchitecture, BartEncoderArchitecture } from './architecture.ts';

/** How rows of a layer see others. */
interface Sight {
  /** Queries, keys and values [R, 3·N·D] of a layer → [R, N·D]. */
  attend(layer: number, qkv: Tensor): Tensor;
}

/** How rows of a decoder see the text besides. */
export interface TextSight extends Sight {
  /** Queries [R, N·D] of a layer → [R, N·D], of the keys and values of the text. */
  lookAtText(layer: number, queries: Tensor): Tensor;
}

/** rows [R, dim], embedded → what the decoder looks at, [R, dim]. */
export function encoderLayers(
  { depth }: BartEncoderArchitecture,
  weights: WeightTree,
  rows: Tensor,
  sight: Sight,
): Tensor {
  let x = norm(weights, 'layernorm_embedding', rows);
  for (let layer = 0; layer < depth; layer++) {
    x = add(x, attendToOwn(weights, layer, x, sight));
    x = add(x, gatedUnit(weights, `layers.${layer}.glu`, x));
  }
  return norm(weights, 'final_ln', x);
}

/** rows [R, dim], embedded → rows [R, dim], before the last norm. */
export function decoderLayers(
  { depth }: BartDecoderArchitecture,
  weights: WeightTree,
  rows: Tensor,
  sight: TextSight,
): Tensor {
  let x = norm(weights, 'layernorm_embedding', rows);
  for (let layer = 0; layer < depth; layer++) {
    const path = `layers.${layer}.encoder_attn`;
    x = add(x, attendToOwn(weights, layer, x, sight));
    const queries = product(weights, `${path}.q_proj`, norm(weights, `layers.${layer}.pre_encoder_attn_layer_norm`, x));
    const seen = product(weights, `${path}.out_proj`, sight.lookAtText(layer, queries));
    x = add(x, norm(weights, `${path}_layer_norm`, seen));
    x = add(x, gatedUnit(weights, `layers.${layer}.glu`, x));
  }
  return x;
}

/** The logits of rows [R, dim] over the tokens that are drawn: [R, V]. */
export function imageLogits(weights: WeightTree, rows: Tensor): Tensor {
  return product(weights, 'lm_head', norm(weights, 'final_ln', rows));
}

/** Keys and values [R, 2·N·D] of a layer's look at the text, from what the encoder made of it [R, dim]. */
export function textKeys(weights: WeightTree, layer: number, encoded: Tensor): Tensor {
  return product(weights, `layers.${layer}.encoder_attn.kv_proj`, encoded);
}

function attendToOwn(weights: WeightTree, layer: number, x: Tensor, sight: Sight): Tensor {
  const path = `layers.${layer}.self_attn`;
  const normed = norm(weights, `layers.${layer}.pre_self_attn_layer_norm`, x);
  const qkv = product(weights, `${path}.qkv_proj`, normed); // [R, 3·N·D]
  const seen = product(weights, `${path}.out_proj`, sight.attend(layer, qkv));
  return norm(weights, `${path}_layer_norm`, seen);
}

function gatedUnit(weights: WeightTree, path: string, x: Tensor): Tensor {
  const normed = norm(weights, `${path}.ln0`, x);
  const gate = gelu(product(weights, `${path}.fc0`, normed)); // [R, glu_size]
  const gated = mul(gate, product(weights, `${path}.fc1`, normed));
  return product(weights, `${path}.fc2`, norm(weights, `${path}.ln1`, gated));
}

function norm(weights: WeightTree, path: string, x: Tensor): Tensor {
  return layerNorm(x, weights.get(`${path}.weight`), weights.get(`${path}.bias`));
}

function product(weights: WeightTree, path: string, x: Tensor): Tensor {
  return linear(x, weights.get(`${path}.weight`));
}
