/**
 * What DALL·E mini's BART is made of, as plain values: an encoder that reads a text both ways, and a decoder that draws
 * image tokens one by one and looks at what the encoder made of the text. Sizes are those of the files that min-dalle
 * publishes (kuprel/min-dalle); dalle-mini (borisdayma) trained them.
 */

/** The sizes of the half that reads the text. */
export interface BartEncoderArchitecture {
  readonly kind: 'bart-encoder';
  readonly dim: number;
  readonly depth: number;
  readonly heads: number;
  /** Values between the products of a gated unit. */
  readonly glu_size: number;
  /** Text positions, pads among them. */
  readonly text_length: number;
  readonly text_vocab: number;
  /** Ids of what stands before the words, behind them, and where there are none. */
  readonly text_start: number;
  readonly text_end: number;
  readonly text_pad: number;
  /** Whether the norms before the branches have weights: those of the originals are all 1, and not in their files. */
  readonly norm_weights: boolean;
}

/** The sizes of the half that draws. */
export interface BartDecoderArchitecture {
  readonly kind: 'bart-decoder';
  readonly dim: number;
  readonly depth: number;
  readonly heads: number;
  readonly glu_size: number;
  /** Rows and columns of image tokens. */
  readonly grid: readonly [number, number];
  /** Rows of the embedding: image tokens, one to start with, and in the large model some that nobody draws. */
  readonly image_rows: number;
  /** Tokens that are drawn: the first so many rows. */
  readonly image_vocab: number;
  /**
   * The row that stands before the first token. Training had a row of its own for it, behind all others; min-dalle
   * starts with the last ordinary token since its version 0.4.11.
   */
  readonly start_token: number;
  /** As in the encoder. */
  readonly norm_weights: boolean;
}

export type BartArchitecture = BartEncoderArchitecture | BartDecoderArchitecture;

/** Image tokens of a picture, which is also how many positions the decoder has: the last token needs none. */
export function imageTokens({ grid }: BartDecoderArchitecture): number {
  return grid[0] * grid[1];
}

export function headSize({ dim, heads }: BartArchitecture): number {
  return dim / heads;
}
