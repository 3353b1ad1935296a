/**
 * The context of a whole sequence in training: attention by plain products under a mask that is added, and token shift
 * by slices, all of ops that have gradients. A sequence of a few hundred positions is quickest so; the lists of keys of
 * inference (ops/attention) serve long ones.
 *
 * S sequences of L positions, T of them text; N heads of D. A head of a sequence is a matrix of a batch.
 */
import { add, concat, matmul, mul, pad, reshape, rotary, slice, softmax, tensor, transpose } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import { sees, type Mask } from '../../ops/attention/mask.ts';
import { imagePositions, textPositions, type AttentionKind, type TransformerArchitecture } from './architecture.ts';
import type { Context } from './layers.ts';
import { maskOf } from './sequence.ts';
import type { WeightTree } from '../weight-tree.ts';

/** Added to the score of a key that is not seen: finite, and yet e to its power is 0. */
const UNSEEN = -1e30;

/** The context of `sequences` whole sequences, which lack nothing but their last token. */
export function denseContext(
  architecture: TransformerArchitecture,
  weights: WeightTree,
  sequences: number,
  recomputes: boolean,
): Context {
  const { heads, head_size, rotate_values } = architecture;
  const length = textPositions(architecture) + imagePositions(architecture) - 1;
  const masks = new Map<AttentionKind, Tensor>();
  const maskFor = (layer: number): Tensor => {
    const mask = maskOf(architecture, layer);
    const kind = architecture.attention[layer]!;
    const added = masks.get(kind) ?? addedMask(mask, length);
    masks.set(kind, added);
    return added;
  };
  return {
    recomputes,
    shift: (_layer, _branch, normed) => shiftTokens(architecture, normed, sequences),
    rotate(qkv) {
      const vectors = (rotate_values ? 3 : 2) * heads;
      return rotary(qkv, weights.get('turns'), tensor([0], [1], 'i32'), { sequences, vectors });
    },
    attend(layer, qkv) {
      const split = reshape(qkv, [sequences, length, 3 * heads, head_size]);
      const vectors = transpose(split, [0, 2, 1, 3]); // [S, 3·N, L, D]
      const [query, key, value] = [0, 1, 2].map((part) => {
        const own = slice(vectors, [0, part * heads, 0, 0], [sequences, heads, length, head_size]);
        return reshape(own, [sequences * heads, length, head_size]); // [S·N, L, D]
      }) as [Tensor, Tensor, Tensor];
      const scale = tensor([head_size ** -0.5], []);
      const scores = matmul(mul(query, scale), key, undefined, { transposeB: true }); // [S·N, L, L]
      const mixed = matmul(softmax(add(scores, maskFor(layer))), value); // [S·N, L, D]
      const byPosition = transpose(reshape(mixed, [sequences, heads, length, head_size]), [0, 2, 1, 3]);
      return reshape(byPosition, [sequences * length, heads * head_size]);
    },
  };
}

/** [L, L], a row for each query: 0 where it sees the key. */
function addedMask(mask: Mask, length: number): Tensor {
  const added = Float32Array.from({ length: length * length }, (_, at) => {
    return sees(mask, Math.floor(at / length), at % length) ? 0 : UNSEEN;
  });
  return tensor(added, [length, length]);
}

/**
 * Token shift of rows [S·L, dim] (ops/token-shift says what it is): text and image apart, each as the channels that
 * come from elsewhere and those that stay.
 */
function shiftTokens(architecture: TransformerArchitecture, rows: Tensor, sequences: number): Tensor {
  const { dim, grid } = architecture;
  const text = textPositions(architecture);
  const image = rows.shape[0]! / sequences - text;
  const columns = grid[1];
  const [half, quarter] = [Math.ceil(dim / 2), Math.ceil(dim / 4)];
  const x = reshape(rows, [sequences, text + image, dim]);
  const take = (first: number, count: number, channel: number, channels: number): Tensor =>
    slice(x, [0, first, channel], [sequences, count, channels]);
  /** `count` positions from `first` on as they are `distance` earlier; zeros for those before the first. */
  const earlier = (first: number, count: number, distance: number, channel: number): Tensor => {
    const channels = first === 0 ? half : quarter;
    const there = Math.min(distance, count);
    if (there === count) return tensor(new Float32Array(sequences * count * channels), [sequences, count, channels]);
    return pad(take(first, count - there, channel, channels), [0, there, 0], [0, 0, 0]);
  };
  const words = concat([earlier(0, text, 1, 0), take(0, text, half, dim - half)], 2); // [S, T, dim]
  const parts = [words];
  if (image > 0) {
    const first = Float32Array.from({ length: image }, (_, place) => (place % columns === 0 ? 0 : 1));
    const left = mul(earlier(text, image, 1, quarter), tensor(first, [1, image, 1]));
    const rest = take(text, image, 2 * quarter, dim - 2 * quarter);
    parts.push(concat([earlier(text, image, columns, 0), left, rest], 2)); // [S, L − T, dim]
  }
  return reshape(concat(parts, 1), rows.shape);
}
