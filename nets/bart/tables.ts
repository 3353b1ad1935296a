/**
 * BART's tensors in the form its code looks them up: norms without weights get weights of 1, products of the same rows
 * become one, and the head has only the tokens that are drawn. Each is made when a plan first uploads it.
 */
import { joinRows, takeRows } from '../tensor-rows.ts';
import type { TensorData } from '../weights.ts';
import type { BartArchitecture } from './architecture.ts';
import { listPlainNorms } from './tensors.ts';

type Tensors = ReadonlyMap<string, TensorData>;

/**
 * The tensors of a file, with the weights of all norms, `qkv_proj` [3·dim, dim] of each self-attention, and in a
 * decoder `kv_proj` [2·dim, dim] of what looks at the text, and `lm_head` [image_vocab, dim].
 */
export function deriveTables(architecture: BartArchitecture, tensors: Tensors): Tensors {
  const derived = new Map(tensors);
  for (const [path, width] of architecture.norm_weights ? [] : listPlainNorms(architecture)) {
    derived.set(`${path}.weight`, describeOnes(width));
  }
  const join = (path: string, parts: readonly string[]): void => {
    const joined = parts.map((part) => tensors.get(`${path}.${part}_proj.weight`)!);
    derived.set(`${path}.${parts.join('')}_proj.weight`, joinRows(joined));
  };
  for (let layer = 0; layer < architecture.depth; layer++) {
    join(`layers.${layer}.self_attn`, ['q', 'k', 'v']);
    if (architecture.kind === 'bart-decoder') join(`layers.${layer}.encoder_attn`, ['k', 'v']);
  }
  if (architecture.kind === 'bart-decoder') {
    derived.set('lm_head.weight', takeRows(tensors.get('lm_head.weight')!, 0, architecture.image_vocab));
  }
  return derived;
}

function describeOnes(width: number): TensorData {
  return { shape: [width], dtype: 'F32', read: async () => new Float32Array(width).fill(1) };
}
