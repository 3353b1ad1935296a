/**
 * The names of CLIP's tensors: OpenAI's, which are the net's own, in other people's checkpoints. open_clip puts the
 * text under `text.` in newer classes; Hugging Face names all of them anew, cuts queries, keys and values apart, and
 * turns the two last products over.
 */
import { joinRows, transposeMatrix } from '../../contents/regroup-tensors.ts';
import type { FileTensor } from '../../contents/file-tensors.ts';

const FIXED: ReadonlyMap<string, string> = new Map([
  ['vision_model.embeddings.class_embedding', 'visual.class_embedding'],
  ['vision_model.embeddings.patch_embedding.weight', 'visual.conv1.weight'],
  ['vision_model.embeddings.position_embedding.weight', 'visual.positional_embedding'],
  ['text_model.embeddings.token_embedding.weight', 'token_embedding.weight'],
  ['text_model.embeddings.position_embedding.weight', 'positional_embedding'],
]);

/** Hugging Face's names of norms and products, the first of them with its slip of the pen. */
const PARTS: readonly (readonly [theirs: string, own: string])[] = [
  ['vision_model.pre_layrnorm.', 'visual.ln_pre.'],
  ['vision_model.post_layernorm.', 'visual.ln_post.'],
  ['text_model.final_layer_norm.', 'ln_final.'],
  ['vision_model.encoder.layers.', 'visual.transformer.resblocks.'],
  ['text_model.encoder.layers.', 'transformer.resblocks.'],
  ['.self_attn.', '.attn.'],
  ['.layer_norm1.', '.ln_1.'],
  ['.layer_norm2.', '.ln_2.'],
  ['.mlp.fc1.', '.mlp.c_fc.'],
  ['.mlp.fc2.', '.mlp.c_proj.'],
];

/** OpenAI's name of a tensor; what must be joined or transposed keeps its own (`regroup`). */
export function officialName(name: string): string {
  const bare = name.startsWith('text.') ? name.slice('text.'.length) : name;
  if (!/^(vision|text)_model\./.test(bare)) return bare;
  return FIXED.get(bare) ?? PARTS.reduce((renamed, [theirs, own]) => renamed.replace(theirs, own), bare);
}

const QUERY = /^(.+\.attn\.)q_proj\.(weight|bias)$/;
/** Products that linear layers hold turned over. */
const TURNED: ReadonlyMap<string, string> = new Map([
  ['visual_projection.weight', 'visual.proj'],
  ['text_projection.weight', 'text_projection'],
]);

/** Queries, keys and values joined in that order, and the last products [inputs, outputs]. */
export function regroup(own: ReadonlyMap<string, FileTensor>): Map<string, FileTensor> {
  const regrouped = new Map(own);
  for (const [name, tensor] of own) {
    const turned = TURNED.get(name);
    if (turned !== undefined && !own.has(turned)) {
      regrouped.delete(name);
      regrouped.set(turned, transposeMatrix(tensor));
    }
    const [, block, end] = QUERY.exec(name) ?? [];
    if (block === undefined) continue;
    const names = ['q', 'k', 'v'].map((part) => `${block}${part}_proj.${end}`);
    const thirds = names.flatMap((part) => own.get(part) ?? []);
    const joined = thirds.length === 3 && joinRows(thirds, tensor.path.replace('q_proj', '{q,k,v}_proj'));
    const whole = `${block}in_proj_${end}`;
    if (!joined || own.has(whole)) continue;
    for (const part of names) regrouped.delete(part);
    regrouped.set(whole, joined);
  }
  return regrouped;
}

/** Tensors that a checkpoint has beside those that are computed with, and why it needs none of them. */
const LEFT_OUT: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /^(input_resolution|context_length|vocab_size)$/, reason: 'sizes, which the tensors tell too' },
  { pattern: /\.position_ids$/, reason: 'numbers of positions: they are counted' },
  { pattern: /^attn_mask$/, reason: 'the mask of the text: it is computed' },
];

/** Why a tensor is not needed; undefined for one that is, or that nobody knows. */
export function whyLeftOut(name: string): string | undefined {
  return LEFT_OUT.find(({ pattern }) => pattern.test(name))?.reason;
}
