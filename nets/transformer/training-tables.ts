/**
 * What tables.ts makes of a checkpoint's tensors before they are uploaded, made of weights that change, as ops: their
 * gradients go to the tensors that are trained.
 */
import { add, concat, constant, reshape, slice, tensor } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import type { WeightTree } from '../weight-tree.ts';
import { imagePositions, textPositions, textRows, type TransformerArchitecture } from './architecture.ts';
import { tabulateTurns } from './rotary-turns.ts';
import { SEPARATE_PRODUCTS } from './tensors.ts';

/**
 * The weights by the names of the checkpoint, and `text positions` and `image positions` [T′, dim], of whatever has
 * none; `turns` [T, D] where positions are angles; heads apart, and queries, keys and values as one product.
 */
export function trainingTables(architecture: TransformerArchitecture, weights: WeightTree): WeightTree {
  const derived = new Map<string, Tensor>([
    ['text positions', placeText(architecture, weights)],
    ['image positions', placeImage(architecture, weights)],
  ]);
  if (architecture.position === 'rotary') derived.set('turns', tabulate(architecture));
  if (architecture.heads_of_output === 'shared') {
    const text = textRows(architecture);
    for (const part of ['weight', 'bias']) {
      if (!weights.has(`head.${part}`)) continue; // no biases
      const head = weights.get(`head.${part}`);
      derived.set(`text_head.${part}`, takeRows(head, 0, text));
      derived.set(`image_head.${part}`, takeRows(head, text, architecture.image_vocab));
    }
  }
  if (architecture.qkv_joined === false) {
    for (let layer = 0; layer < architecture.depth; layer++) {
      for (const part of architecture.qkv_bias ? ['weight', 'bias'] : ['weight']) {
        const name = (product: string): string => `layers.${layer}.attention.${product}.${part}`;
        derived.set(
          name('qkv'),
          concat(
            SEPARATE_PRODUCTS.map((product) => weights.get(name(product))),
            0,
          ),
        );
      }
    }
  }
  return {
    has: (name) => derived.has(name) || weights.has(name),
    get: (name) => derived.get(name) ?? weights.get(name),
    handOn: (x) => weights.handOn(x),
  };
}

function takeRows(x: Tensor, first: number, count: number): Tensor {
  const [, ...rest] = x.shape;
  return slice(x, [first, ...rest.map(() => 0)], [count, ...rest]);
}

function tabulate(architecture: TransformerArchitecture): Tensor {
  const length = textPositions(architecture) + imagePositions(architecture);
  const type = { shape: [length, architecture.head_size], dtype: 'f32' } as const;
  return constant('turns', type, async () => tabulateTurns(architecture));
}

function placeText(architecture: TransformerArchitecture, weights: WeightTree): Tensor {
  if (architecture.position === 'rotary') return nothing(textPositions(architecture), architecture);
  return weights.get('text_position.weight'); // of which more rows may be than there are positions
}

function placeImage(architecture: TransformerArchitecture, weights: WeightTree): Tensor {
  const { dim, grid, position } = architecture;
  const count = imagePositions(architecture);
  if (position === 'rotary') return nothing(count, architecture);
  if (position === 'text+image') return weights.get('image_position.weight');
  const rows = reshape(weights.get('image_row.weight'), [grid[0], 1, dim]);
  const columns = reshape(weights.get('image_column.weight'), [1, grid[1], dim]);
  return reshape(add(rows, columns), [count, dim]);
}

function nothing(rows: number, { dim }: TransformerArchitecture): Tensor {
  return tensor(new Float32Array(rows * dim), [rows, dim]);
}
