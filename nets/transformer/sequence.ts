/**
 * The transformer as tensor programs: a whole sequence at once, the prompt into a cache, and one step of decoding. All
 * three run the same layers (layers.ts); they differ in which rows there are and where attention finds the others.
 *
 * S sequences of given tokens, B candidates in a cache (S divides B), T text positions, H × W image positions, V image
 * tokens, N heads of D. The logits at position p are those of the token at p + 1.
 */
import {
  appendRows,
  attention,
  concat,
  embed,
  layRows,
  reshape,
  rotary,
  slice,
  tensor,
  tokenShift,
} from '../../ops/index.ts';
import type { AttentionAttributes, CacheForm, Mask, Shape, Tensor } from '../../ops/index.ts';
import { keyValueForm } from '../../ops/attention/attention.ts';
import { rowsForm } from '../../ops/token-shift/token-shift.ts';
import { maskedText, textPositions, type TransformerArchitecture } from './architecture.ts';
import type { WeightTree } from '../weight-tree.ts';
import { cachedPositions, type CacheName, type LayerCaches } from './caches.ts';
import { logits, transformerLayers, type Context } from './layers.ts';

/** The mask of a layer. */
export function maskOf(architecture: TransformerArchitecture, layer: number): Mask {
  const { grid, attention, conv_kernel, conv_edges } = architecture;
  return {
    kind: attention[layer]!,
    text: maskedText(architecture),
    grid,
    kernel: conv_kernel,
    edges: conv_edges,
  };
}

/** Which rows are computed, and how long their sequences are. */
interface Sequences {
  /** Sequences of the rows, and of the cache. */
  readonly sequences: number;
  readonly batch: number;
  readonly length: number;
  readonly reach: AttentionAttributes['reach'];
  /** i32 [1], of the first row of each sequence. */
  readonly position: Tensor;
}

/** Puts rows x where others find them, in the form they are wanted in. */
type Keep = (layer: number, name: CacheName, x: Tensor, form: CacheForm) => Tensor;

function contextOf(
  architecture: TransformerArchitecture,
  weights: WeightTree,
  { position, ...sizes }: Sequences,
  keep: Keep,
): Context {
  const { heads, head_size, dim, grid, rotate_values } = architecture;
  return {
    shift(layer, branch, normed) {
      const count = normed.shape[0]! / sizes.sequences;
      const attributes = { ...sizes, count, size: dim, text: textPositions(architecture), columns: grid[1] };
      return tokenShift(keep(layer, `${branch} rows`, normed, rowsForm(attributes)), position, attributes);
    },
    rotate(qkv) {
      const vectors = (rotate_values ? 3 : 2) * heads;
      return rotary(qkv, weights.get('turns'), position, { sequences: sizes.sequences, vectors });
    },
    attend(layer, qkv) {
      const attributes = { ...sizes, heads, headSize: head_size, mask: maskOf(architecture, layer) };
      const cache = keep(layer, 'keys and values', qkv, keyValueForm(attributes));
      return attention(qkv, cache, position, attributes, `layers.${layer}.attention.scores`);
    },
  };
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
  const whole: Sequences = { sequences, batch: sequences, length, reach: 'all', position: at(0) };
  const keep: Keep = (_layer, _name, x, form) => layRows(x, { ...form, sequences });
  const last = transformerLayers(architecture, weights, rows, contextOf(architecture, weights, whole, keep));
  return {
    image: logits(weights, 'image', takePositions(last, sequences, textLength - 1, length - textLength + 1)),
    text: logits(weights, 'text', takePositions(last, sequences, 0, textLength - 1)),
  };
}

/** `count` rows from `first` on of each sequence of rows [S·M, dim]. */
export function takePositions(rows: Tensor, sequences: number, first: number, count: number): Tensor {
  const [total, dim] = rows.shape as [number, number];
  const split = reshape(rows, [sequences, total / sequences, dim]);
  return reshape(slice(split, [0, first, 0], [sequences, count, dim]), [sequences * count, dim]);
}

/** Tokens i32 [S, M] that come next in the caches of a batch, from `position` (i32 [1], an input) on. */
interface NextTokens {
  readonly tokens: Tensor;
  readonly position: Tensor;
  readonly caches: readonly LayerCaches[];
  readonly batch: number;
}

/**
 * Puts the next tokens of each sequence into the caches; `kind` says which of the two vocabularies they are of. Gives
 * the logits over image tokens of what follows the last of them: [S, V].
 */
export function nextLogits(
  architecture: TransformerArchitecture,
  weights: WeightTree,
  kind: 'text' | 'image',
  next: NextTokens,
): Tensor {
  const [sequences, count] = next.tokens.shape as [number, number];
  const rows = nextRows(architecture, weights, kind, next);
  return logits(weights, 'image', count === 1 ? rows : takePositions(rows, sequences, count - 1, 1));
}

function nextRows(
  architecture: TransformerArchitecture,
  weights: WeightTree,
  kind: 'text' | 'image',
  { tokens, position, caches, batch }: NextTokens,
): Tensor {
  const sequences = tokens.shape[0]!;
  const length = cachedPositions(architecture);
  // To shifted masks the last of the text is a cell of the image.
  const reach = kind === 'text' && !architecture.shifted_masks ? 'text' : 'all';
  const next: Sequences = { sequences, batch, length, reach, position };
  const keep: Keep = (layer, name, x, form) =>
    appendRows(caches[layer]!.get(name)!, x, position, { ...form, sequences });
  const rows = embedTokens(weights, kind, tokens, position);
  return transformerLayers(architecture, weights, rows, contextOf(architecture, weights, next, keep));
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
