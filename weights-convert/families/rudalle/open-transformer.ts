/**
 * A transformer of ai-forever/ru-dalle from its state dict. Sizes are those of the tensors. What they do not say is the
 * number of heads, which goes by the published sizes, and the version, which goes by the masks; or both stand in the
 * same dictionary, as `hf_version` and `num_attention_heads`: ru-dalle loads such a file as it loads any.
 */
import { FormatError } from '../../../base/errors.ts';
import type { Shapes } from '../../contents/shapes.ts';
import type { FoundTensors, SavedSettings } from '../family.ts';
import type { PlainValue } from '../../pickle/build-records.ts';
import { readTransformer, transformerError } from '../../../nets/transformer/read-architecture.ts';
import type { AttentionKind, TransformerArchitecture } from '../../../nets/transformer/architecture.ts';
import { CONV_KERNEL, readVersions, VERSIONS, type Version } from './read-masks.ts';

/** The keys that are read beside the tensors; where the first is there, so is what it says. */
export const SETTINGS_KEYS = ['hf_version', 'num_attention_heads'] as const;

/** Heads of the published models by layers and width: Malevich and those made of it, Kandinsky, ru-dalle's tests'. */
const PUBLISHED: readonly { readonly depth: number; readonly dim: number; readonly heads: number }[] = [
  { depth: 24, dim: 2048, heads: 16 },
  { depth: 64, dim: 3840, heads: 60 },
  { depth: 12, dim: 768, heads: 12 },
];

/** Its tokenizer's ids around the words of a text. */
const [START, END] = [2, 3];

/**
 * The architecture of such a transformer.
 *
 * @throws FormatError `E_ARCHITECTURE`
 */
export async function readRudalle(found: FoundTensors): Promise<TransformerArchitecture> {
  const { shapes, settings, sourceName } = found;
  const [rows, dim] = shapes.get('text_embeddings.weight') ?? [];
  const textRows = shapes.get('text_pos_embeddings.weight')?.[0];
  const side = shapes.get('image_row_embeddings.weight')?.[0];
  const depth = countLayers(shapes);
  // One row of positions more than there are of text: whether it is used is a matter of the version.
  const textLength = Number(textRows) - 1;
  const heads = readHeads(settings, depth, dim, sourceName);
  const isSandwich = shapes.has('transformer.layers.0.before_first_addition_layernorm.weight');
  const fields = {
    names: 'rudalle',
    dim,
    depth,
    heads,
    head_size: Number(dim) / Number(heads),
    text_length: textLength,
    text_vocab: Number(rows) - textLength,
    image_vocab: shapes.get('image_embeddings.weight')?.[0],
    grid: [side, side],
    attention: listAttention(depth),
    conv_kernel: CONV_KERNEL,
    activation: 'gelu-tanh',
    mlp_size: shapes.get('transformer.layers.0.mlp.dense_h_to_4h.weight')?.[0],
    norm: isSandwich ? 'sandwich' : 'pre',
    layer_scale: false,
    qkv_bias: true,
    position: 'text+row+column',
    rotate_values: false,
    pads: 'per-position',
    heads_of_output: 'shared',
    shift_tokens: false,
    text_start: START,
    text_end: END,
    text_position_rows: textRows,
    output_norm: true,
  };
  const read = (version: Version): TransformerArchitecture =>
    readTransformer(new Map<string, unknown>(Object.entries({ ...fields, ...VERSION_FIELDS[version] })));
  // The sizes are in range before masks of such sizes are looked at.
  const { grid } = read('v3');
  return read(await settleVersion(found, { text: textLength, side: grid[0] }));
}

const VERSION_FIELDS = {
  v2: { conv_edges: 'wrap', start_token: true, start_row: START, shifted_masks: true },
  v3: { conv_edges: 'cut', start_token: false },
} as const;

/** What is saved beside the tensors, so that `readRudalle` gives this architecture again. */
export function describeRudalle({ start_token, heads }: TransformerArchitecture): Map<string, PlainValue> {
  return new Map<(typeof SETTINGS_KEYS)[number], PlainValue>([
    ['hf_version', start_token ? 'v2' : 'v3'],
    ['num_attention_heads', heads],
  ]);
}

async function settleVersion(
  found: FoundTensors,
  sequence: { readonly text: number; readonly side: number },
): Promise<Version> {
  const fitting = await readVersions(found, sequence);
  const stated = found.settings?.get('hf_version');
  if (stated === undefined) {
    if (fitting.length === 1) return fitting[0]!;
    throw settingError(
      found.sourceName,
      'does not tell which of its two versions it is: it has no masks, or they are the same for both',
    );
  }
  const version = fitting.find((known) => known === stated);
  if (version !== undefined) return version;
  const isKnown = VERSIONS.some((known) => known === stated);
  throw settingError(
    found.sourceName,
    isKnown
      ? `says that its hf_version is ${String(stated)}, and its masks are those of ${fitting.join()}`
      : `says that its hf_version is ${String(stated).slice(0, 20)}, and there are ${VERSIONS.join(' and ')}`,
  );
}

function readHeads(
  settings: SavedSettings | undefined,
  depth: number,
  dim: number | undefined,
  sourceName: string,
): number | undefined {
  const stated = settings?.get('num_attention_heads');
  if (dim === undefined) return undefined; // which readTransformer tells
  if (stated === undefined) {
    const published = PUBLISHED.find((model) => model.depth === depth && model.dim === dim);
    if (published) return published.heads;
    throw settingError(
      sourceName,
      `has ${depth} layers of ${dim}, which no published model has: its heads are not known`,
    );
  }
  if (typeof stated === 'number' && Number.isInteger(stated) && stated >= 1 && dim % stated === 0) return stated;
  throw transformerError(`num_attention_heads is ${String(stated).slice(0, 40)}, and divides a width of ${dim}`);
}

function countLayers(shapes: Shapes): number {
  let count = 0;
  while (shapes.has(`transformer.layers.${count}.input_layernorm.weight`)) count++;
  return count;
}

/** The column mask in every fourth layer from the second on, the convolution in the last other one, else the row's. */
function listAttention(depth: number): AttentionKind[] {
  return Array.from({ length: depth }, (_, layer) =>
    layer % 4 === 1 ? 'column' : layer === depth - 1 ? 'conv' : 'row',
  );
}

function settingError(sourceName: string, what: string): FormatError {
  return new FormatError(
    'E_ARCHITECTURE',
    `openWeights: ${sourceName} holds ruDALL-E's transformer, and ${what}. Save it with what it lacks: ` +
      "torch.save({'hf_version': 'v3', 'num_attention_heads': 16, **state_dict}, 'model.pt'), with the numbers that it was " +
      'trained with.',
  );
}
