/** The names that kakaobrain/minDALL-E gives to its transformer's tensors, and what dalle-gl calls them. */
import type { NetName } from '../family.ts';

const FIXED: ReadonlyMap<string, string> = new Map([
  ['tok_emb_txt.weight', 'text_embedding.weight'],
  ['tok_emb_img.weight', 'image_embedding.weight'],
  ['pos_emb_txt.weight', 'text_position.weight'],
  ['pos_emb_img.weight', 'image_position.weight'],
  ['ln_f.weight', 'final_norm.weight'],
  ['ln_f.bias', 'final_norm.bias'],
  ['head_txt.weight', 'text_head.weight'],
  ['head_img.weight', 'image_head.weight'],
]);

/** In a layer; each of them ends in `.weight` or `.bias`. */
const IN_LAYER: ReadonlyMap<string, string> = new Map([
  ['ln1', 'attention_norm'],
  ['attn.query', 'attention.query'],
  ['attn.key', 'attention.key'],
  ['attn.value', 'attention.value'],
  ['attn.proj', 'attention.out'],
  ['ln2', 'mlp_norm'],
  ['mlp.0', 'mlp.up'],
  ['mlp.2', 'mlp.down'],
]);

/** What dalle-gl calls a tensor of minDALL-E's; undefined for one it does not know. */
export function canonicalName(name: string): NetName | undefined {
  const fixed = FIXED.get(name);
  if (fixed !== undefined) return { name: fixed };
  const [, layer, module, part] = /^blocks\.(0|[1-9]\d{0,3})\.(.+)\.(weight|bias)$/.exec(name) ?? [];
  const inner = module === undefined ? undefined : IN_LAYER.get(module);
  return inner === undefined ? undefined : { name: `layers.${layer}.${inner}.${part}` };
}
