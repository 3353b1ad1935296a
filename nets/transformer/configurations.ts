/**
 * Transformers by name: the paper's (Zero-Shot Text-to-Image Generation, §2.3 and the widths of its table of
 * compression), those of its public relatives, and ours. They are shapes: whether weights of such a shape can be had,
 * and whether dalle-gl has the decoder of pictures that goes with them, is another matter.
 *
 * What the paper does not say is chosen here: GELU with erf, LayerNorm before each branch, biases, two heads.
 */
import type { AttentionKind, TransformerArchitecture } from './architecture.ts';

/** `list[i]` for layer i, over and over, with another kind in the last layer. */
function cycle(kinds: readonly AttentionKind[], depth: number, last?: AttentionKind): AttentionKind[] {
  return Array.from({ length: depth }, (_, layer) =>
    last !== undefined && layer === depth - 1 ? last : kinds[layer % kinds.length]!,
  );
}

/** Row, column, row, row, over and over, and the convolution in the last layer. */
const paperOrder = (depth: number): AttentionKind[] => cycle(['row', 'column', 'row', 'row'], depth, 'conv');

/** The paper's transformer with heads of 64 in another number, and of another depth. */
export function paper(heads: number, depth = 64): TransformerArchitecture {
  const dim = heads * 64;
  return {
    kind: 'transformer',
    names: 'dalle-gl',
    dim,
    depth,
    heads,
    head_size: 64,
    text_length: 256,
    text_vocab: 16_384,
    image_vocab: 8192,
    grid: [32, 32],
    attention: paperOrder(depth),
    conv_kernel: 11,
    conv_edges: 'cut',
    activation: 'gelu-erf',
    mlp_size: 4 * dim,
    norm: 'pre',
    layer_scale: false,
    qkv_bias: true,
    position: 'text+row+column',
    rotate_values: false,
    pads: 'per-position',
    start_token: false,
    heads_of_output: 'separate',
    shift_tokens: false,
  };
}

/** ru-dalle's third version: no start token, and of its 129 rows of text positions the last is never used. */
const rudalleThree: TransformerArchitecture = {
  ...paper(16, 24),
  names: 'rudalle',
  dim: 2048,
  head_size: 128,
  mlp_size: 8192,
  text_length: 128,
  activation: 'gelu-tanh',
  norm: 'sandwich',
  heads_of_output: 'shared',
  text_start: 2,
  text_end: 3,
  text_position_rows: 129,
  output_norm: true,
};

/** Its second: a start token more, which its masks do not count, and a convolution that comes in on the other side. */
const rudalleTwo: TransformerArchitecture = {
  ...rudalleThree,
  conv_edges: 'wrap',
  start_token: true,
  start_row: 2,
  shifted_masks: true,
};

/** What `train_dalle.py` makes unless told otherwise, over OpenAI's discrete VAE and CLIP's vocabulary. */
const dallePytorch: TransformerArchitecture = {
  ...paper(8, 2),
  names: 'dalle-pytorch',
  text_vocab: 49_408,
  attention: cycle(['full'], 2),
  conv_kernel: 5,
  activation: 'geglu',
  layer_scale: true,
  qkv_bias: false,
  start_token: true,
  heads_of_output: 'shared',
};

type ConfigurationName =
  | 'paper-12b'
  | 'paper-5.6b'
  | 'paper-2.8b'
  | 'rudalle-malevich'
  | 'rudalle-malevich-v2'
  | 'rudalle-emojich'
  | 'rudalle-surrealist'
  | 'rudalle-kandinsky'
  | 'mindalle'
  | 'dalle-pytorch-old'
  | 'dalle-pytorch-new'
  | 'emoji';

/** The shapes of known transformers, by name. */
export const configurations: Readonly<Record<ConfigurationName, TransformerArchitecture>> = {
  'paper-12b': paper(62),
  'paper-5.6b': paper(42),
  'paper-2.8b': paper(30),
  'rudalle-malevich': rudalleThree,
  'rudalle-malevich-v2': rudalleTwo,
  'rudalle-emojich': rudalleTwo,
  'rudalle-surrealist': rudalleThree,
  'rudalle-kandinsky': {
    ...rudalleThree,
    dim: 3840,
    depth: 64,
    heads: 60,
    head_size: 64,
    mlp_size: 15_360,
    attention: paperOrder(64),
  },
  mindalle: {
    ...paper(24, 42),
    names: 'mindalle',
    conv_kernel: 1,
    attention: cycle(['full'], 42),
    text_length: 64,
    image_vocab: 16_384,
    grid: [16, 16],
    position: 'text+image',
    pads: 'zero',
    output_bias: false,
    qkv_joined: false,
  },
  'dalle-pytorch-old': dallePytorch,
  'dalle-pytorch-new': { ...dallePytorch, position: 'rotary', rotate_values: true, shift_tokens: true },
  /** The one in the package. */
  emoji: {
    ...paper(3, 6),
    text_length: 16,
    text_vocab: 673,
    image_vocab: 1024,
    grid: [16, 16],
  },
};
