/**
 * BART as tensor programs: a whole sequence at once, the text and the token to start with into caches, and one step of
 * decoding. What the decoder looks at of the text is computed once a text.
 *
 * S texts of T positions, B candidates in a cache (S divides B), H × W image positions, V image tokens, N heads of D.
 * The decoder's position p holds the image token before the p-th, and its logits are those of the p-th.
 */
import { appendRows, attention, concat, embed, layRows, reshape, slice, tensor } from '../../ops/index.ts';
import type { AttentionAttributes, CacheForm, State, Tensor, TensorType } from '../../ops/index.ts';
import { keyValueForm } from '../../ops/attention/attention.ts';
import { allKeys } from '../../ops/attention/mask.ts';
import type { WeightTree } from '../weight-tree.ts';
import {
  headSize,
  imageTokens,
  type BartArchitecture,
  type BartDecoderArchitecture,
  type BartEncoderArchitecture,
} from './architecture.ts';
import { textForm, type BartCaches } from './caches.ts';
import { decoderLayers, encoderLayers, imageLogits, textKeys, type TextSight } from './layers.ts';

/** Both halves, each with its weights. */
export interface BartNet {
  readonly encoder: BartEncoderArchitecture;
  readonly decoder: BartDecoderArchitecture;
  readonly encoderWeights: WeightTree;
  readonly decoderWeights: WeightTree;
}

/** Texts i32 [S, T], and how many tokens before its pads each has: i32 [S]. */
export interface Texts {
  readonly text: Tensor;
  readonly counts: Tensor;
}

const at = (position: number): Tensor => tensor([position], [1], 'i32');

function attributesOf(
  net: BartArchitecture,
  sizes: Pick<AttentionAttributes, 'sequences' | 'batch' | 'length' | 'mask'>,
): AttentionAttributes {
  return { ...sizes, heads: net.heads, headSize: headSize(net), reach: 'all' };
}

/** Texts [S, T] as the decoder looks at them: rows [S·T, dim]. */
function encodeTexts({ encoder, encoderWeights: weights }: BartNet, { text, counts }: Texts): Tensor {
  const [sequences, length] = text.shape as [number, number];
  const rows = embed(text, weights.get('embed_tokens.weight'), weights.get('embed_positions.weight'), at(0));
  const attributes = attributesOf(encoder, { sequences, batch: sequences, length, mask: allKeys(length) });
  return encoderLayers(encoder, weights, rows, {
    attend(_layer, qkv) {
      const cache = layRows(qkv, { ...keyValueForm(attributes), sequences });
      return attention(qkv, cache, counts, attributes);
    },
  });
}

/** Rows of a decoder, where they stand, and where they find what they see. */
interface DecoderRows {
  /** i32 [S, M]. */
  readonly tokens: Tensor;
  /** i32 [1], of the first of M. */
  readonly position: Tensor;
  /** Candidates in the caches, and texts. */
  readonly batch: number;
  readonly texts: number;
  readonly counts: Tensor;
  /** Puts queries, keys and values of a layer where other rows find them. */
  keep(layer: number, qkv: Tensor, form: CacheForm): Tensor;
  /** Keys and values of the texts. */
  textCache(layer: number): Tensor;
}

/** → rows [S·M, dim], before the last norm. */
function decode({ encoder, decoder, decoderWeights: weights }: BartNet, given: DecoderRows): Tensor {
  const { tokens, position, batch, texts, counts } = given;
  const sequences = tokens.shape[0]!;
  const own = attributesOf(decoder, {
    sequences,
    batch,
    length: imageTokens(decoder),
    mask: { kind: 'full', text: 0, grid: decoder.grid, kernel: 1, edges: 'cut' },
  });
  const length = encoder.text_length;
  const ofText = attributesOf(decoder, { sequences, batch: texts, length, mask: allKeys(length) });
  const sight: TextSight = {
    attend: (layer, qkv) => attention(qkv, given.keep(layer, qkv, keyValueForm(own)), position, own),
    lookAtText: (layer, queries) => attention(queries, given.textCache(layer), counts, ofText),
  };
  const rows = embed(tokens, weights.get('embed_tokens.weight'), weights.get('embed_positions.weight'), position);
  return decoderLayers(decoder, weights, rows, sight);
}

/** A whole sequence: texts, and image i32 [S, H·W − 1] → logits of all image tokens [S·H·W, V]. */
export function wholeSequence(net: BartNet, texts: Texts, image: Tensor): Tensor {
  const { decoder, decoderWeights } = net;
  const [sequences, length] = texts.text.shape as [number, number];
  const encoded = encodeTexts(net, texts);
  const form = { ...textForm(decoder, sequences, length), sequences };
  const rows = decode(net, {
    tokens: concat([startTokens(decoder, sequences), image], 1),
    position: at(0),
    batch: sequences,
    texts: sequences,
    counts: texts.counts,
    keep: (_layer, qkv, own) => layRows(qkv, { ...own, sequences }),
    textCache: (layer) => layRows(textKeys(decoderWeights, layer, encoded), form),
  });
  return imageLogits(decoderWeights, rows);
}

/** What a decoding remembers, and for how many. */
interface Remembered {
  readonly caches: BartCaches;
  readonly batch: number;
}

type KeysName = `keys ${number}`;

/** Keys and values of the texts for each layer, [S·M, 2·N·D]. */
export type TextKeys = Readonly<Record<KeysName, Tensor>>;

function nameKeys({ depth }: BartDecoderArchitecture): KeysName[] {
  return Array.from({ length: depth }, (_, layer) => `keys ${layer}` as const);
}

/** Texts, whose rows may end where all have pads: [S, M] → what the decoder looks at of them. */
export function readTexts(net: BartNet, texts: Texts): TextKeys {
  const encoded = encodeTexts(net, texts);
  const keys = nameKeys(net.decoder).map(
    (name, layer) => [name, textKeys(net.decoderWeights, layer, encoded)] as const,
  );
  return Object.fromEntries(keys);
}

/** Inputs of the first step: the keys of the texts, how many each has, and the position 0, i32 [1]. */
export type FirstInputs = Readonly<Record<FirstName, Tensor>>;

type FirstName = 'counts' | 'position' | KeysName;

/** Puts what was read of the texts, and the token to start with, into the caches → logits of the first token [S, V]. */
export function firstLogits(net: BartNet, inputs: FirstInputs, { caches, batch }: Remembered): Tensor {
  const { encoder, decoder, decoderWeights } = net;
  const { counts, position } = inputs;
  const sequences = counts.shape[0]!;
  const form = { ...textForm(decoder, sequences, encoder.text_length), sequences };
  const names = nameKeys(decoder);
  const rows = decode(net, {
    tokens: startTokens(decoder, sequences),
    position,
    batch,
    texts: sequences,
    counts,
    keep: (layer, qkv, own) => appendRows(caches.own[layer]!, qkv, position, { ...own, sequences }),
    textCache: (layer) => appendRows(caches.text[layer]!, inputs[names[layer]!]!, position, form),
  });
  return imageLogits(decoderWeights, rows);
}

/** Inputs of a step: tokens i32 [S, M], position i32 [1] of the first of them, counts i32 of each text. */
export interface NextTokens {
  readonly tokens: Tensor;
  readonly position: Tensor;
  readonly counts: Tensor;
}

/** Puts the next tokens of each sequence into the caches → logits of what follows the last of them: [S, V]. */
export function nextLogits(net: BartNet, next: NextTokens, { caches, batch }: Remembered): Tensor {
  const { position } = next;
  const [sequences, count] = next.tokens.shape as [number, number];
  const rows = decode(net, {
    ...next,
    batch,
    texts: next.counts.shape[0]!,
    keep: (layer, qkv, own) => appendRows(caches.own[layer]!, qkv, position, { ...own, sequences }),
    textCache: (layer) => readState(caches.text[layer]!),
  });
  return imageLogits(net.decoderWeights, count === 1 ? rows : takeLast(rows, sequences));
}

function readState(state: State): Tensor {
  return state.tensor;
}

function startTokens({ start_token }: BartDecoderArchitecture, sequences: number): Tensor {
  return tensor(new Int32Array(sequences).fill(start_token), [sequences, 1], 'i32');
}

/** The last row of each sequence of rows [S·M, dim]. */
function takeLast(rows: Tensor, sequences: number): Tensor {
  const [total, dim] = rows.shape as [number, number];
  const count = total / sequences;
  const split = reshape(rows, [sequences, count, dim]);
  return reshape(slice(split, [0, count - 1, 0], [sequences, 1, dim]), [sequences, dim]);
}

type TokenInput = TensorType & { readonly dtype: 'i32' };

const tokenInput = (...shape: number[]): TokenInput => ({ shape, dtype: 'i32' });

/** Shapes of the inputs of a plan for texts of `length` tokens. */
export function textInputs(sequences: number, length: number): Record<'text' | 'counts', TokenInput> {
  return { text: tokenInput(sequences, length), counts: tokenInput(sequences) };
}

/** Shapes of the inputs of a plan for the first step behind texts of `length` tokens. */
export function firstInputs({ decoder }: BartNet, sequences: number, length: number): Record<FirstName, TensorType> {
  const keys = { shape: [sequences * length, 2 * decoder.dim], dtype: 'f32' } as const;
  return {
    ...Object.fromEntries(nameKeys(decoder).map((name) => [name, keys])),
    counts: tokenInput(sequences),
    position: tokenInput(1),
  };
}

/** Shapes of the inputs of a plan for the next `count` tokens of each sequence. */
export function nextInputs(
  sequences: number,
  count: number,
  texts: number,
): Record<'tokens' | 'counts' | 'position', TokenInput> {
  return { tokens: tokenInput(sequences, count), counts: tokenInput(texts), position: tokenInput(1) };
}
