/**
 * What a text-and-image transformer is made of, as plain values.
 *
 * The paper gives the shape (Zero-Shot Text-to-Image Generation, §2.2 to 2.4 and appendix B) but neither weights nor
 * every detail; what its relatives do differently is a field here, so that each of them is a configuration.
 */

/**
 * Which keys a query sees. Every mask is causal, and every image token sees all of the text. Among image tokens, in
 * raster order with W columns: `row` the last W and itself, `column` its column, `conv` a centred square kernel,
 * `axial-row` its own row, `axial-conv` a kernel whose bottom right corner it is (the last two as in DALLE-pytorch).
 */
export type AttentionKind = 'full' | 'row' | 'column' | 'conv' | 'axial-row' | 'axial-conv';
/** What a `conv` kernel does where it leaves the grid: nothing, stay on the border, or come in on the other side. */
export type ConvEdges = 'cut' | 'clamp' | 'wrap';
/** The activation between the two linears of a layer. */
export type Activation = 'gelu-erf' | 'gelu-tanh' | 'geglu';

/** The sizes and the manner of a transformer. */
export interface TransformerArchitecture {
  readonly kind: 'transformer';
  /** Whose names the tensors of the file bear. */
  readonly names: 'dalle-gl' | 'dalle-pytorch' | 'rudalle' | 'mindalle';
  readonly dim: number;
  readonly depth: number;
  readonly heads: number;
  readonly head_size: number;
  /** Text positions, the start token aside. */
  readonly text_length: number;
  /** Text tokens, pads aside: pad of position p, where pads are per position, is row text_vocab + p. */
  readonly text_vocab: number;
  readonly image_vocab: number;
  /** Rows and columns of image tokens. */
  readonly grid: readonly [number, number];
  /** One for each layer. */
  readonly attention: readonly AttentionKind[];
  readonly conv_kernel: number;
  readonly conv_edges: ConvEdges;
  readonly activation: Activation;
  /** Values between the two products of an MLP, behind the gate if there is one. */
  readonly mlp_size: number;
  /** `sandwich` has a LayerNorm behind each branch too. */
  readonly norm: 'pre' | 'sandwich';
  /** A learned factor for each channel of a branch. */
  readonly layer_scale: boolean;
  readonly qkv_bias: boolean;
  /** Learned tables, or angles that turn q and k, and v too where `rotate_values` says so. */
  readonly position: 'text+row+column' | 'text+image' | 'rotary';
  readonly rotate_values: boolean;
  /** An embedding of its own for each text position without a token, or token 0 for all of them. */
  readonly pads: 'per-position' | 'zero';
  /** A first position that holds a row of the text embedding of its own, whatever the text. */
  readonly start_token: boolean;
  /** One product for text and one for images, or one for both: text rows first. */
  readonly heads_of_output: 'separate' | 'shared';
  /** Halves and quarters of the channels come from the token before, or above and to the left (DALLE-pytorch). */
  readonly shift_tokens: boolean;
  /** The row of the text embedding at the start token [0]. */
  readonly start_row?: number;
  /** Tokens around the words of a text, within its length; the second is lost where the words leave no room [none]. */
  readonly text_start?: number;
  readonly text_end?: number;
  /** Rows of the table of text positions, which may be more than are used [text positions]. */
  readonly text_position_rows?: number;
  /** Masks take the last text position for the first cell of the image, and so each cell for the next one [false]. */
  readonly shifted_masks?: boolean;
  /** A second LayerNorm between the last one and the products of the output [false]. */
  readonly output_norm?: boolean;
  /** Whether the products of the output have biases [true]. */
  readonly output_bias?: boolean;
  /** Whether queries, keys and values are one product, or three in the file [true]. */
  readonly qkv_joined?: boolean;
}

/** Positions before the first image token. */
export function textPositions({ text_length, start_token }: TransformerArchitecture): number {
  return text_length + (start_token ? 1 : 0);
}

/** Positions that masks take for text. */
export function maskedText(architecture: TransformerArchitecture): number {
  return textPositions(architecture) - (architecture.shifted_masks ? 1 : 0);
}

export function imagePositions({ grid }: TransformerArchitecture): number {
  return grid[0] * grid[1];
}

/** Rows of the text embedding: tokens, then a pad for each position where there are such. */
export function textRows({ text_vocab, text_length, pads }: TransformerArchitecture): number {
  return text_vocab + (pads === 'per-position' ? text_length : 0);
}

/** The rows of a text with the start token before them, where there is one. */
export function addStartToken({ start_token, start_row = 0 }: TransformerArchitecture, rows: Int32Array): Int32Array {
  return start_token ? Int32Array.of(start_row, ...rows) : rows;
}
