/**
 * The tensors of BART's halves, name and shape of each: min-dalle's own names, in which its files have them. Products
 * are [outputs, inputs] and have no biases, tables [rows, dim].
 */
import { checkObject } from '../../base/check-argument.ts';
import { imageTokens, type BartArchitecture } from './architecture.ts';

type NamedShape = [name: string, shape: number[]];

const named = (name: string, ...shape: number[]): NamedShape => [name, shape];

/** Every tensor of a half, in order. */
export function expectedBartTensors(architecture: BartArchitecture): Map<string, number[]> {
  checkObject('expectedBartTensors', 'an architecture', architecture);
  const { dim, depth } = architecture;
  const isEncoder = architecture.kind === 'bart-encoder';
  const rows = isEncoder ? architecture.text_vocab : architecture.image_rows;
  const positions = isEncoder ? architecture.text_length : imageTokens(architecture);
  return new Map<string, number[]>([
    named('embed_tokens.weight', rows, dim),
    named('embed_positions.weight', positions, dim),
    named('layernorm_embedding.weight', dim),
    named('layernorm_embedding.bias', dim),
    ...Array.from({ length: depth }, (_, layer) => listLayer(architecture, `layers.${layer}`)).flat(),
    ...listNorm(architecture, 'final_ln', dim),
    ...(isEncoder ? [] : [named('lm_head.weight', rows, dim)]),
  ]);
}

/** The norms that a file may have without their weights, each with its width. */
export function listPlainNorms(architecture: BartArchitecture): (readonly [path: string, width: number])[] {
  const { dim, depth, glu_size } = architecture;
  const ofLayer = (layer: string): (readonly [string, number])[] => [
    [`${layer}.pre_self_attn_layer_norm`, dim],
    ...(architecture.kind === 'bart-decoder' ? [[`${layer}.pre_encoder_attn_layer_norm`, dim] as const] : []),
    [`${layer}.glu.ln0`, dim],
    [`${layer}.glu.ln1`, glu_size],
  ];
  return [...Array.from({ length: depth }, (_, layer) => ofLayer(`layers.${layer}`)).flat(), ['final_ln', dim]];
}

function listLayer(architecture: BartArchitecture, layer: string): NamedShape[] {
  const { dim, glu_size } = architecture;
  return [
    ...listAttention(architecture, layer, 'self_attn'),
    ...(architecture.kind === 'bart-decoder' ? listAttention(architecture, layer, 'encoder_attn') : []),
    ...listNorm(architecture, `${layer}.glu.ln0`, dim),
    ...listNorm(architecture, `${layer}.glu.ln1`, glu_size),
    named(`${layer}.glu.fc0.weight`, glu_size, dim),
    named(`${layer}.glu.fc1.weight`, glu_size, dim),
    named(`${layer}.glu.fc2.weight`, dim, glu_size),
  ];
}

/** A norm before it, four products, and a norm behind it. */
function listAttention(
  architecture: BartArchitecture,
  layer: string,
  name: 'self_attn' | 'encoder_attn',
): NamedShape[] {
  const { dim } = architecture;
  return [
    ...listNorm(architecture, `${layer}.pre_${name}_layer_norm`, dim),
    ...['q', 'k', 'v', 'out'].map((part) => named(`${layer}.${name}.${part}_proj.weight`, dim, dim)),
    named(`${layer}.${name}_layer_norm.weight`, dim),
    named(`${layer}.${name}_layer_norm.bias`, dim),
  ];
}

function listNorm({ norm_weights }: BartArchitecture, path: string, width: number): NamedShape[] {
  return [...(norm_weights ? [named(`${path}.weight`, width)] : []), named(`${path}.bias`, width)];
}
