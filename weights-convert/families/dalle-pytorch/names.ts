/**
 * The names that lucidrains/DALLE-pytorch gives to a transformer's tensors, and what dalle-gl calls them. Every
 * version wraps its layers a little differently (0.14: none, 1.0: token shift, 1.4: caches), each wrapper adding one
 * `.fn`, so any number of them is accepted.
 */
import type { NetPart } from '../../../nets/net-kinds.ts';
import type { NetName } from '../family.ts';

const FIXED: ReadonlyMap<string, NetName> = new Map<string, NetName>([
  ['text_emb.weight', { name: 'text_embedding.weight' }],
  ['image_emb.weight', { name: 'image_embedding.weight' }],
  ['text_pos_emb.weight', { name: 'text_position.weight' }],
  // [1, rows, 1, dim] and [1, 1, columns, dim]; a list of parameters in newer versions of axial_positional_embedding.
  ['image_pos_emb.weights_0', { name: 'image_row.weight', keepAxes: [1, 3] }],
  ['image_pos_emb.weights_1', { name: 'image_column.weight', keepAxes: [2, 3] }],
  ['image_pos_emb.weights.0', { name: 'image_row.weight', keepAxes: [1, 3] }],
  ['image_pos_emb.weights.1', { name: 'image_column.weight', keepAxes: [2, 3] }],
  ['to_logits.0.weight', { name: 'final_norm.weight' }],
  ['to_logits.0.bias', { name: 'final_norm.bias' }],
  ['to_logits.1.weight', { name: 'head.weight' }],
  ['to_logits.1.bias', { name: 'head.bias' }],
]);

/** transformer.layers.layers.<layer>.<0 attention, 1 mlp>.<the rest> */
const LAYER = /^transformer\.layers\.layers\.(0|[1-9]\d{0,4})\.([01])\.(.+)$/;

/** The rest of a name in a layer, without the wrappers' `fn.`, by branch. */
const IN_BRANCH: readonly [attention: ReadonlyMap<string, string>, mlp: ReadonlyMap<string, string>] = [
  new Map([
    ['to_qkv.weight', 'attention.qkv.weight'],
    ['to_out.0.weight', 'attention.out.weight'],
    ['to_out.0.bias', 'attention.out.bias'],
  ]),
  new Map([
    ['net.0.weight', 'mlp.up.weight'],
    ['net.0.bias', 'mlp.up.bias'],
    ['net.3.weight', 'mlp.down.weight'],
    ['net.3.bias', 'mlp.down.bias'],
  ]),
];

/** What dalle-gl calls a tensor of DALLE-pytorch's; undefined for one it does not know. */
export function canonicalName(name: string): NetName | undefined {
  const fixed = FIXED.get(name);
  if (fixed) return fixed;
  const [, layer, branchDigit, rest] = LAYER.exec(name) ?? [];
  if (layer === undefined || rest === undefined) return undefined;
  const branch = branchDigit === '0' ? 0 : 1;
  const label = branch === 0 ? 'attention' : 'mlp';
  if (rest === 'scale') return { name: `layers.${layer}.${label}_scale`, keepAxes: [2] };
  const norm = /^fn\.(norm|norm_out)\.(weight|bias)$/.exec(rest);
  if (norm) return { name: `layers.${layer}.${label}_${norm[1]}.${norm[2]}` };
  const inner = /^fn\.(?:fn\.)+(.+)$/.exec(rest)?.[1];
  const own = inner === undefined ? undefined : IN_BRANCH[branch].get(inner);
  return own === undefined ? undefined : { name: `layers.${layer}.${own}` };
}

/** The names of its DiscreteVAE, which are the net's own, and the part that each is of. */
const IN_VAE: readonly { readonly pattern: RegExp; readonly part: NetPart }[] = [
  { pattern: /^encoder\.\d+\.((0|net\.[024])\.)?(weight|bias)$/, part: 'encoder' },
  { pattern: /^decoder\.\d+\.((0|net\.[024])\.)?(weight|bias)$/, part: 'decoder' },
  { pattern: /^codebook\.weight$/, part: 'decoder' },
];

/** The parts that a tensor is of where a file has both halves of a DiscreteVAE; none for one that nobody knows. */
export function partsOf(name: string): readonly NetPart[] {
  return IN_VAE.flatMap(({ pattern, part }) => (pattern.test(name) ? [part] : []));
}

/** What dalle-gl calls any tensor of the project's. */
export function netNameOf(name: string): NetName | undefined {
  return partsOf(name).length > 0 ? { name } : canonicalName(name);
}

/** Whether a name of an MLP has the wrapper of token shift around it; undefined for any other name. */
export function isShifted(name: string): boolean | undefined {
  const wrappers = /^transformer\.layers\.layers\.\d+\.1\.fn\.((?:fn\.)+)net\.0\.weight$/.exec(name)?.[1];
  return wrappers === undefined ? undefined : wrappers !== 'fn.';
}

/** Tensors that a checkpoint has beside the transformer's, and why it needs none of them. */
const LEFT_OUT: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /^vae\./, reason: 'the frozen VAE: convert its own files' },
  { pattern: /^transformer\.pos_emb$/, reason: 'angles of the rotary positions: they are computed' },
  { pattern: /^logits_mask$|\.(?:static_)?mask$/, reason: 'masks: they are computed' },
];

/** Why a tensor is not needed; undefined for one that is, or that nobody knows. */
export function whyLeftOut(name: string): string | undefined {
  return LEFT_OUT.find(({ pattern }) => pattern.test(name))?.reason;
}
