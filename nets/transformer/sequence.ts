/**
 * The transformer as tensor programs: a whole sequence at once, the prompt into a cache, and one step of decoding. All
 * three run the same layers (layers.ts); they differ in which rows there are and where attention finds the others.
 *
 * S sequences of given tokens, B candidates in a cache (S divides B), T text positions, H × W image positions, V image
 * tokens, N heads of D. The logits at position p are those of the token at p + 1.
 */
import { appendRows, attention, concat, createCache, embed, layRows, reshape, slice, tensor } from '../../ops/index.ts';
import type { AttentionAttributes, Mask, Shape, State, Tensor } from '../../ops/index.ts';
import { keyValueForm } from '../../ops/attention/attention.ts';
import { imagePositions, textPositions, type TransformerArchitecture } from '../../weights-convert/transformer-spec.ts';
import type { WeightTree } from '../weight-tree.ts';
import { logits, transformerLayers } from './layers.ts';

/** The mask of a layer. */
export function maskOf(architecture: TransformerArchitecture, layer: number): Mask {
  const { grid, attention, conv_kernel, conv_edges } = architecture;
  return {
    kind: attention[layer]!,
    text: textPositions(architecture),
    grid,
    kernel: conv_kernel,
    edges: conv_edges,
  };
}

interface Sequences {
  /** Sequences of the rows, and of the cache. */
  readonly sequences: number;
  readonly batch: number;
  readonly length: number;
}

function attributesOf(
  architecture: TransformerArchitecture,
  layer: number,
  sizes: Sequences,
  reach: AttentionAttributes['reach'],
): AttentionAttributes {
  const { heads, head_size } = architecture;
  return { ...sizes, heads, headSize: head_size, mask: maskOf(architecture, layer), reach };
}

/** Caches of keys and values for a batch, one a layer, long enough for all but the last token. */
export function createCaches(architecture: TransformerArchitecture, batch: number): State[] {
  const { depth, heads, head_size } = architecture;
  const form = keyValueForm({ batch, length: cachedPositions(architecture), heads, headSize: head_size });
  return Array.from({ length: depth }, (_, layer) => createCache(`keys and values of layer ${layer}`, form));
}

/** Nothing follows the last image token, so nothing asks for its keys. */
export function cachedPositions(architecture: TransformerArchitecture): number {
  return textPositions(architecture) + imagePositions(architecture) - 1;
}

const at = (position: number): Tensor => tensor([position], [1], 'i32');

/**
 * A whole sequence: text i32 [S, T], image i32 [S, H·W − 1] → logits of all image tokens [S·H·W, V], and of the text
 * from its second token on [S·(T − 1), text rows].
 */
export function wholeSequence(
  architecture: TransformerArchitecture,
  weights: WeightTree,
  text: Tensor,
  image: Tensor,
): { image: Tensor; text: Tensor } {
  const [sequences, textLength] = text.shape as [number, number];
  const length = textLength + image.shape[1]!;
  const embedded = [
    embedTokens(weights, 'text', text, at(0)), // [S·T, dim]
    embedTokens(weights, 'image', image, at(textLength)), // [S·(H·W − 1), dim]
  ].map((rows) => reshape(rows, [sequences, rows.shape[0]! / sequences, architecture.dim]));
  const rows = reshape(concat(embedded, 1), [sequences * length, architecture.dim]);
  const sizes = { sequences, batch: sequences, length };
  const last = transformerLayers(architecture, weights, rows, {
    attend(layer, qkv) {
      const attributes = attributesOf(architecture, layer, sizes, 'all');
      const cache = layRows(qkv, { ...keyValueForm(attributes), sequences });
      return attention(qkv, cache, at(0), attributes);
    },
  });
  return {
    image: logits(weights, 'image', takeRows(last, sequences, textLength - 1, length - textLength + 1)),
    text: logits(weights, 'text', takeRows(last, sequences, 0, textLength - 1)),
  };
}

/** `count` rows from `first` on of each sequence of rows [S·M, dim]. */
function takeRows(rows: Tensor, sequences: number, first: number, count: number): Tensor {
  const [total, dim] = rows.shape as [number, number];
  const split = reshape(rows, [sequences, total / sequences, dim]);
  return reshape(slice(split, [0, first, 0], [sequences, count, dim]), [sequences * count, dim]);
}

/**
 * The next tokens of each sequence, into the caches: tokens i32 [S, M] from `position` (i32 [1], an input) on → rows
 * [S·M, dim], of which `logits` makes the logits. `kind` says which of the two vocabularies they are of.
 */
export function nextRows(
  architecture: TransformerArchitecture,
  weights: WeightTree,
  kind: 'text' | 'image',
  { tokens, position, caches, batch }: { tokens: Tensor; position: Tensor; caches: readonly State[]; batch: number },
): Tensor {
  const sizes = { sequences: tokens.shape[0]!, batch, length: cachedPositions(architecture) };
  return transformerLayers(architecture, weights, embedTokens(weights, kind, tokens, position), {
    attend(layer, qkv) {
      const attributes = attributesOf(architecture, layer, sizes, kind === 'text' ? 'text' : 'all');
      const form = { ...keyValueForm(attributes), sequences: sizes.sequences };
      return attention(qkv, appendRows(caches[layer]!, qkv, position, form), position, attributes);
    },
  });
}

/** The logits of what follows the last of M rows of each sequence: [S, V]. */
export function lastLogits(weights: WeightTree, rows: Tensor, sequences: number): Tensor {
  const count = rows.shape[0]! / sequences;
  return logits(weights, 'image', count === 1 ? rows : takeRows(rows, sequences, count - 1, 1));
}

function embedTokens(weights: WeightTree, kind: 'text' | 'image', tokens: Tensor, start: Tensor): Tensor {
  return embed(tokens, weights.get(`${kind}_embedding.weight`), weights.get('position'), start);
}

/** Shapes of the inputs of a plan for the next rows. */
export function nextInputs(sequences: number, count: number): { tokens: TokenInput; position: TokenInput } {
  return { tokens: { shape: [sequences, count], dtype: 'i32' }, position: { shape: [1], dtype: 'i32' } };
}

interface TokenInput {
  readonly shape: Shape;
  readonly dtype: 'i32';
}
