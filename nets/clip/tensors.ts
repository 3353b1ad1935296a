/** The tensors of a CLIP: name and shape of each, by OpenAI's names and in the order of its state dict. */
import { checkObject } from '../../base/check-argument.ts';
import {
  readClip,
  textTower,
  visionPositions,
  visionTower,
  type ClipArchitecture,
  type Tower,
} from './architecture.ts';

type NamedShape = [name: string, shape: number[]];

/** Every tensor of a CLIP: products are [outputs, inputs], save for the last of each tower, [inputs, outputs]. */
export function expectedClipTensors(architecture: ClipArchitecture): Map<string, number[]> {
  checkObject('expectedClipTensors', 'an architecture', architecture);
  readClip(new Map(Object.entries(architecture)));
  const { embed_dim, patch, vision_dim, text_dim, text_length, text_vocab } = architecture;
  return new Map<string, number[]>([
    ['positional_embedding', [text_length, text_dim]],
    ['text_projection', [text_dim, embed_dim]],
    ['logit_scale', []],
    ['visual.class_embedding', [vision_dim]],
    ['visual.positional_embedding', [visionPositions(architecture), vision_dim]],
    ['visual.proj', [vision_dim, embed_dim]],
    ['visual.conv1.weight', [vision_dim, 3, patch, patch]],
    ...listNorm('visual.ln_pre', vision_dim),
    ...listBlocks('visual.transformer', visionTower(architecture)),
    ...listNorm('visual.ln_post', vision_dim),
    ...listBlocks('transformer', textTower(architecture)),
    ['token_embedding.weight', [text_vocab, text_dim]],
    ...listNorm('ln_final', text_dim),
  ]);
}

function listNorm(name: string, dim: number): NamedShape[] {
  return [
    [`${name}.weight`, [dim]],
    [`${name}.bias`, [dim]],
  ];
}

function listProduct(name: string, outputs: number, inputs: number): NamedShape[] {
  return [
    [`${name}.weight`, [outputs, inputs]],
    [`${name}.bias`, [outputs]],
  ];
}

function listBlocks(tower: string, { dim, depth, mlp_size }: Tower): NamedShape[] {
  return Array.from({ length: depth }, (_, block) => `${tower}.resblocks.${block}`).flatMap((name) => [
    [`${name}.attn.in_proj_weight`, [3 * dim, dim]] satisfies NamedShape,
    [`${name}.attn.in_proj_bias`, [3 * dim]] satisfies NamedShape,
    ...listProduct(`${name}.attn.out_proj`, dim, dim),
    ...listNorm(`${name}.ln_1`, dim),
    ...listProduct(`${name}.mlp.c_fc`, mlp_size, dim),
    ...listProduct(`${name}.mlp.c_proj`, dim, mlp_size),
    ...listNorm(`${name}.ln_2`, dim),
  ]);
}
