/** What a half of min-dalle's is, from the shapes of its tensors and from what the project fixes for both models. */
import type { BartArchitecture } from '../../../nets/bart/architecture.ts';
import { readBartDecoder, readBartEncoder } from '../../../nets/bart/read-architecture.ts';
import { transformerError } from '../../../nets/transformer/read-architecture.ts';
import type { Shapes } from '../../contents/shapes.ts';

/** Fixed by the project: no tensor tells how many heads there are. */
const HEAD_SIZE = 64;
/** Tokens that it draws, at most: its VQGAN has so many. The large model has some rows beyond, which nobody draws. */
const MOST_DRAWN = 2 ** 14;
/** `<s>`, `</s>` and `<pad>` of both vocabularies. */
const TEXT_IDS = { text_start: 0, text_end: 2, text_pad: 1 };

/** What only a decoder has: either tells, should the other be missing. */
export function isDecoder(has: (name: string) => boolean): boolean {
  return has('lm_head.weight') || has('layers.0.encoder_attn.k_proj.weight');
}

/**
 * @returns undefined where a table is missing that tells a size
 * @throws FormatError `E_ARCHITECTURE` for sizes that no such net has
 */
export function readMinDalle(shapes: Shapes): BartArchitecture | undefined {
  const [rows, dim] = shapes.get('embed_tokens.weight') ?? [];
  const [positions] = shapes.get('embed_positions.weight') ?? [];
  const [glu_size] = shapes.get('layers.0.glu.fc0.weight') ?? [];
  if (rows === undefined || dim === undefined || glu_size === undefined) return undefined;
  if (positions === undefined) throw transformerError('embed_positions.weight is missing, which tells how long it is');
  if (dim % HEAD_SIZE !== 0) {
    throw transformerError(`min-dalle's heads are of ${HEAD_SIZE} numbers, and the vectors here of ${dim}`);
  }
  const common = {
    dim,
    depth: countLayers(shapes),
    heads: dim / HEAD_SIZE,
    glu_size,
    norm_weights: shapes.has('final_ln.weight'),
  };
  if (!isDecoder((name) => shapes.has(name))) {
    const text = { text_length: positions, text_vocab: rows, ...TEXT_IDS };
    return readBartEncoder(new Map<string, unknown>(Object.entries({ ...common, ...text })));
  }
  const side = Math.sqrt(positions);
  if (!Number.isInteger(side)) throw transformerError(`a decoder of ${positions} positions draws no square`);
  const image_vocab = Math.min(rows - 1, MOST_DRAWN);
  // Since its version 0.4.11 it starts with the last token that is drawn.
  const image = { grid: [side, side], image_rows: rows, image_vocab, start_token: image_vocab - 1 };
  return readBartDecoder(new Map<string, unknown>(Object.entries({ ...common, ...image })));
}

/** As many as there are, so that the last one's missing tensors are missed. */
function countLayers(shapes: Shapes): number {
  const layers = [...shapes.keys()].flatMap((name) => /^layers\.(0|[1-9]\d{0,3})\./.exec(name)?.[1] ?? []);
  return layers.reduce((most, layer) => Math.max(most, Number(layer) + 1), 0);
}
