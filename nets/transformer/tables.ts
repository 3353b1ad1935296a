/**
 * A transformer's tables in the form its code looks them up: one row a position of the whole sequence, and a head for
 * each vocabulary, whatever the checkpoint shares or splits. Each is made when a plan first uploads it.
 */
import { imagePositions, textPositions, textRows, type TransformerArchitecture } from './architecture.ts';
import { joinRows, takeRows } from '../tensor-rows.ts';
import type { TensorData } from '../weights.ts';
import { tabulateTurns } from './rotary-turns.ts';
import { SEPARATE_PRODUCTS } from './tensors.ts';

type Tensors = ReadonlyMap<string, TensorData>;

/**
 * The tensors of a checkpoint, with `position` [T, dim] added, `turns` [T, D] where positions are angles, a shared head
 * split in `text_head` and `image_head`, and queries, keys and values joined in one product where they are three.
 */
export function deriveTables(architecture: TransformerArchitecture, tensors: Tensors): Tensors {
  const derived = new Map(tensors);
  derived.set('position', describePositions(architecture, tensors));
  if (architecture.position === 'rotary') derived.set('turns', describeTurns(architecture));
  if (architecture.heads_of_output === 'shared') {
    const text = textRows(architecture);
    for (const part of ['weight', 'bias']) {
      const head = tensors.get(`head.${part}`);
      if (!head) continue; // no biases
      derived.set(`text_head.${part}`, takeRows(head, 0, text));
      derived.set(`image_head.${part}`, takeRows(head, text, architecture.image_vocab));
    }
  }
  if (architecture.qkv_joined === false) {
    for (let layer = 0; layer < architecture.depth; layer++) {
      for (const part of architecture.qkv_bias ? ['weight', 'bias'] : ['weight']) {
        const name = (product: string): string => `layers.${layer}.attention.${product}.${part}`;
        derived.set(name('qkv'), joinRows(SEPARATE_PRODUCTS.map((product) => tensors.get(name(product))!)));
      }
    }
  }
  return derived;
}

function describeTurns(architecture: TransformerArchitecture): TensorData {
  const length = textPositions(architecture) + imagePositions(architecture);
  const read = async (): Promise<Float32Array> => tabulateTurns(architecture);
  return { shape: [length, architecture.head_size], dtype: 'F32', read };
}

/** What is added to the embedding of each position: nothing where angles say it. */
function describePositions(architecture: TransformerArchitecture, tensors: Tensors): TensorData {
  const { dim, grid, position } = architecture;
  const text = textPositions(architecture);
  const length = text + imagePositions(architecture);
  const read = async (): Promise<Float32Array> => {
    const table = new Float32Array(length * dim);
    if (position === 'rotary') return table;
    // A table may have more rows than there are positions.
    table.set((await tensors.get('text_position.weight')!.read()).subarray(0, text * dim));
    const image = table.subarray(text * dim);
    if (position === 'text+image') {
      image.set(await tensors.get('image_position.weight')!.read());
      return table;
    }
    const rows = await tensors.get('image_row.weight')!.read();
    const columns = await tensors.get('image_column.weight')!.read();
    for (let at = 0; at < image.length; at++) {
      const [place, d] = [Math.floor(at / dim), at % dim];
      image[at] = rows[Math.floor(place / grid[1]) * dim + d]! + columns[(place % grid[1]) * dim + d]!;
    }
    return table;
  };
  return { shape: [length, dim], dtype: 'F32', read };
}
