/**
 * The tensors of a transformer: name and shape of each. The names are those of dalle-gl's own checkpoints; a family
 * with names of its own has a map of them (weights-convert/families).
 */
import { checkObject } from '../../base/check-argument.ts';
import { imagePositions, textPositions, textRows, type TransformerArchitecture } from './architecture.ts';
import { readTransformer } from './read-architecture.ts';

/** Every tensor of a transformer by its name in dalle-gl: products are [outputs, inputs], tables [rows, dim]. */
export function expectedTransformerTensors(architecture: TransformerArchitecture): Map<string, number[]> {
  checkObject('expectedTransformerTensors', 'an architecture', architecture);
  readTransformer(new Map(Object.entries(architecture)));
  const { dim, depth, image_vocab, heads_of_output, output_norm = false, output_bias = true } = architecture;
  const tensors = new Map<string, number[]>([
    ['text_embedding.weight', [textRows(architecture), dim]],
    ['image_embedding.weight', [image_vocab, dim]],
    ...listPositionTables(architecture),
  ]);
  for (let layer = 0; layer < depth; layer++) {
    for (const [name, shape] of listLayerTensors(architecture)) tensors.set(`layers.${layer}.${name}`, shape);
  }
  const heads: [string, number][] =
    heads_of_output === 'separate'
      ? [
          ['text_head', textRows(architecture)],
          ['image_head', image_vocab],
        ]
      : [['head', textRows(architecture) + image_vocab]];
  const norms = ['final_norm', ...(output_norm ? ['output_norm'] : [])];
  for (const [name, shape] of norms.flatMap((norm) => listNorm(norm, dim))) tensors.set(name, shape);
  for (const [name, rows] of heads) {
    tensors.set(`${name}.weight`, [rows, dim]);
    if (output_bias) tensors.set(`${name}.bias`, [rows]);
  }
  return tensors;
}

type NamedShape = [name: string, shape: number[]];

function listPositionTables(architecture: TransformerArchitecture): NamedShape[] {
  const { dim, position, grid, text_position_rows = textPositions(architecture) } = architecture;
  if (position === 'rotary') return [];
  const text: NamedShape = ['text_position.weight', [text_position_rows, dim]];
  if (position === 'text+image') return [text, ['image_position.weight', [imagePositions(architecture), dim]]];
  return [text, ['image_row.weight', [grid[0], dim]], ['image_column.weight', [grid[1], dim]]];
}

function listNorm(name: string, dim: number): NamedShape[] {
  return [
    [`${name}.weight`, [dim]],
    [`${name}.bias`, [dim]],
  ];
}

/** The three products where they are not one, in the order in which they are joined. */
export const SEPARATE_PRODUCTS = ['query', 'key', 'value'] as const;

function listLayerTensors(architecture: TransformerArchitecture): NamedShape[] {
  const { dim, heads, head_size, mlp_size, activation, norm, layer_scale, qkv_bias, qkv_joined = true } = architecture;
  const products: readonly string[] = qkv_joined ? ['qkv'] : SEPARATE_PRODUCTS;
  const inner = heads * head_size;
  const up = mlp_size * (activation === 'geglu' ? 2 : 1);
  const branch = (name: 'attention' | 'mlp', products: NamedShape[]): NamedShape[] => [
    ...listNorm(`${name}_norm`, dim),
    ...products,
    ...(norm === 'sandwich' ? listNorm(`${name}_norm_out`, dim) : []),
    ...(layer_scale ? [[`${name}_scale`, [dim]] satisfies NamedShape] : []),
  ];
  return [
    ...branch('attention', [
      ...products.flatMap((name): NamedShape[] => [
        [`attention.${name}.weight`, [(3 * inner) / products.length, dim]],
        ...(qkv_bias ? [[`attention.${name}.bias`, [(3 * inner) / products.length]] satisfies NamedShape] : []),
      ]),
      ['attention.out.weight', [dim, inner]],
      ['attention.out.bias', [dim]],
    ]),
    ...branch('mlp', [
      ['mlp.up.weight', [up, dim]],
      ['mlp.up.bias', [up]],
      ['mlp.down.weight', [dim, mlp_size]],
      ['mlp.down.bias', [dim]],
    ]),
  ];
}
