/** The names that ai-forever/ru-dalle gives to a transformer's tensors, and what dalle-gl calls them. */
import type { NetName } from '../family.ts';

const FIXED: ReadonlyMap<string, string> = new Map([
  ['text_embeddings.weight', 'text_embedding.weight'],
  ['image_embeddings.weight', 'image_embedding.weight'],
  ['text_pos_embeddings.weight', 'text_position.weight'],
  ['image_row_embeddings.weight', 'image_row.weight'],
  ['image_col_embeddings.weight', 'image_column.weight'],
]);

/** Each of them ends in `.weight` or `.bias`. */
const MODULES: ReadonlyMap<string, string> = new Map([
  ['transformer.final_layernorm', 'final_norm'],
  ['to_logits.0', 'output_norm'],
  ['to_logits.1', 'head'],
]);

/** In a layer, likewise. */
const IN_LAYER: ReadonlyMap<string, string> = new Map([
  ['input_layernorm', 'attention_norm'],
  ['before_first_addition_layernorm', 'attention_norm_out'],
  ['attention.query_key_value', 'attention.qkv'],
  ['attention.dense', 'attention.out'],
  ['post_attention_layernorm', 'mlp_norm'],
  ['before_second_addition_layernorm', 'mlp_norm_out'],
  ['mlp.dense_h_to_4h', 'mlp.up'],
  ['mlp.dense_4h_to_h', 'mlp.down'],
]);

/** What dalle-gl calls a tensor of ru-dalle's; undefined for one it does not know. */
export function canonicalName(name: string): NetName | undefined {
  const fixed = FIXED.get(name);
  if (fixed !== undefined) return { name: fixed };
  const [, module, part] = /^(.+)\.(weight|bias)$/.exec(name) ?? [];
  if (module === undefined) return undefined;
  const outer = MODULES.get(module);
  if (outer !== undefined) return { name: `${outer}.${part}` };
  const [, layer, rest] = /^transformer\.layers\.(0|[1-9]\d{0,3})\.(.+)$/.exec(module) ?? [];
  const inner = rest === undefined ? undefined : IN_LAYER.get(rest);
  return inner === undefined ? undefined : { name: `layers.${layer}.${inner}.${part}` };
}

/** Its masks, which are saved with the weights. */
export const MASKS = {
  row: 'transformer.row_mask',
  column: 'transformer.col_mask',
  conv: 'transformer.conv_mask',
} as const;

/** Why a tensor is not needed; undefined for one that is, or that nobody knows. */
export function whyLeftOut(name: string): string | undefined {
  const isMask = Object.values<string>(MASKS).includes(name);
  return isMask ? 'masks: they were compared with the rule that computes them' : undefined;
}
