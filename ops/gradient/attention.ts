/**
 * Gradients of attention, by products over all keys: scores lie in slots (ops/attention/mask.ts), and slots become
 * keys by a product with ones where a slot holds a key. That costs what a dense mask costs, whatever the kind. Of
 * kinds whose slots are the keys in order nothing is turned.
 *
 * Letters: S sequences of M queries, N heads of D, T keys, L slots; a cache of B sequences.
 */
import { ShapeError } from '../../base/errors.ts';
import { gradientOf, tensor as constantOf } from '../../engine/index.ts';
import type { GradientEntry, Tensor } from '../../engine/index.ts';
import type { AttentionAttributes } from '../attention/attributes.ts';
import { attentionScoresOp, attentionValuesOp } from '../attention/attention.ts';
import { keyOf, slotCount } from '../attention/mask.ts';
import { broadcastTo } from '../broadcast-to/broadcast-to.ts';
import { castToFloat } from '../cast/cast.ts';
import { mul, sub } from '../elementwise/binary.ts';
import { clamp } from '../elementwise/unary.ts';
import { matmul } from '../matmul/matmul.ts';
import { pad } from '../pad/pad.ts';
import { sum } from '../reduce/reduce.ts';
import { reshape } from '../reshape/reshape.ts';
import { slice } from '../slice/slice.ts';
import { softmaxByX } from '../softmax/by-sums.ts';
import { softmax } from '../softmax/softmax.ts';
import { transpose } from '../transpose/transpose.ts';
import { scale } from './broadcasting.ts';

export const attentionGradients: readonly GradientEntry[] = [
  gradientOf(attentionScoresOp, ({ tensor, cotangent, wants }) => {
    const [rows, cache, position] = tensor.inputs as [Tensor, Tensor, Tensor];
    const { attributes } = tensor;
    const { heads, headSize } = attributes;
    const passed = scale(keysOfSlots(hideUnseen(cotangent, position, attributes), attributes), headSize ** -0.5);
    const queries = splitHeads(slice(rows, [0, 0], [rows.shape[0]!, heads * headSize]), attributes);
    const [channels, width] = [rows.shape[1]!, heads * headSize];
    return [
      wants(0)
        ? pad(joinHeads(matmul(passed, readVectors(cache, 0, attributes)), attributes), [0, 0], [0, channels - width])
        : undefined,
      wants(1) ? layVectors(multiplyColumns(passed, queries), 0, attributes) : undefined, // [S·N, T, D]
    ];
  }),
  gradientOf(attentionValuesOp, ({ tensor, cotangent, wants }) => {
    const [scores, cache, position] = tensor.inputs as [Tensor, Tensor, Tensor];
    const { attributes } = tensor;
    const passed = splitHeads(cotangent, attributes); // [S·N, M, D]
    const shares = softmax(scores, 2); // [S·N, M, L]; of what is not seen 0
    const byShares = (): Tensor =>
      slotsOfKeys(matmul(passed, readVectors(cache, 1, attributes), undefined, { transposeB: true }), attributes);
    return [
      wants(0) ? softmaxByX(byShares(), shares, 2) : undefined,
      wants(1)
        ? layVectors(
            multiplyColumns(keysOfSlots(hideUnseen(shares, position, attributes), attributes), passed),
            1,
            attributes,
          )
        : undefined,
    ];
  }),
];

/** aᵀ · b of each matrix. */
function multiplyColumns(a: Tensor, b: Tensor): Tensor {
  return matmul(a, b, undefined, { transposeA: true });
}

/** Rows [S·M, N·D] as [S·N, M, D]. */
function splitHeads(rows: Tensor, { sequences, heads, headSize }: AttentionAttributes): Tensor {
  const count = rows.shape[0]! / sequences;
  const split = transpose(reshape(rows, [sequences, count, heads, headSize]), [0, 2, 1, 3]);
  return reshape(split, [sequences * heads, count, headSize]);
}

/** And back. */
function joinHeads(vectors: Tensor, { sequences, heads, headSize }: AttentionAttributes): Tensor {
  const count = vectors.shape[1]!;
  const split = transpose(reshape(vectors, [sequences, heads, count, headSize]), [0, 2, 1, 3]);
  return reshape(split, [sequences * count, heads * headSize]);
}

/** The keys (0) or the values (1) of a cache [1, 4, T, B·2N·⌈D / 4⌉] for each sequence of the rows: [S·N, T, D]. */
function readVectors(cache: Tensor, part: 0 | 1, attributes: AttentionAttributes): Tensor {
  const { sequences, batch, length, heads, headSize } = attributes;
  const texels = Math.ceil(headSize / 4);
  const planes = reshape(cache, [4 * length, batch, 2 * heads * texels]);
  const half = slice(planes, [0, 0, part * heads * texels], [4 * length, batch, heads * texels]);
  const split = reshape(half, [4, length, batch * heads, texels]);
  const vectors = reshape(transpose(split, [2, 1, 3, 0]), [batch * heads, length, 4 * texels]); // [B·N, T, 4·⌈D / 4⌉]
  const exact = slice(vectors, [0, 0, 0], [batch * heads, length, headSize]);
  const size = heads * length * headSize;
  return reshape(ofSequences(reshape(exact, [batch, size]), attributes), [sequences * heads, length, headSize]);
}

/** What readVectors is made of gets this, [S·N, T, D], back: a cache whose other half is zeros. */
function layVectors(vectors: Tensor, part: 0 | 1, attributes: AttentionAttributes): Tensor {
  const { sequences, batch, length, heads, headSize } = attributes;
  const texels = Math.ceil(headSize / 4);
  const size = heads * length * headSize;
  const own = ofCache(reshape(vectors, [sequences, size]), attributes);
  const whole = pad(reshape(own, [batch * heads, length, headSize]), [0, 0, 0], [0, 0, 4 * texels - headSize]);
  const split = transpose(reshape(whole, [batch * heads, length, texels, 4]), [3, 1, 0, 2]); // [4, T, B·N, ⌈D / 4⌉]
  const half = reshape(split, [4 * length, batch, heads * texels]);
  const [before, after] = [part * heads * texels, (1 - part) * heads * texels];
  return reshape(pad(half, [0, 0, before], [0, 0, after]), [1, 4, length, batch * 2 * heads * texels]);
}

/** Of the cache's sequences [B, …] that which each sequence of the rows looks at: [S, …]. */
function ofSequences(held: Tensor, { sequences, batch }: AttentionAttributes): Tensor {
  const size = held.shape[1]!;
  if (sequences === batch) return held;
  if (sequences > batch) {
    return reshape(broadcastTo(reshape(held, [batch, 1, size]), [batch, sequences / batch, size]), [sequences, size]);
  }
  const copies = reshape(held, [sequences, batch / sequences, size]);
  return reshape(slice(copies, [0, 0, 0], [sequences, 1, size]), [sequences, size]);
}

/** And what goes back: of several that look at one the sum, and zeros to copies that nobody looks at. */
function ofCache(own: Tensor, { sequences, batch }: AttentionAttributes): Tensor {
  const size = own.shape[1]!;
  if (sequences === batch) return own;
  if (sequences > batch) return sum(reshape(own, [batch, sequences / batch, size]), [1]);
  const first = reshape(own, [sequences, 1, size]);
  return reshape(pad(first, [0, 0, 0], [0, batch / sequences - 1, 0]), [batch, size]);
}

/** Whether slot s of every query is key s, where it is seen. */
function areInOrder({ mask: { kind } }: AttentionAttributes): boolean {
  return kind === 'full' || kind === 'all';
}

/** [S·N, M, L] as [S·N, M, T]; a key in no slot gets 0. */
function keysOfSlots(slots: Tensor, attributes: AttentionAttributes): Tensor {
  const [matrices, queries, count] = slots.shape as [number, number, number];
  const { length } = attributes;
  if (areInOrder(attributes)) {
    const kept = slice(slots, [0, 0, 0], [matrices, queries, Math.min(count, length)]);
    return pad(kept, [0, 0, 0], [0, 0, Math.max(0, length - count)]);
  }
  const byQuery = matmul(transpose(slots, [1, 0, 2]), listKeys(queries, count, attributes));
  return transpose(byQuery, [1, 0, 2]);
}

/** [S·N, M, T] as [S·N, M, L]; a slot without a key gets 0, or what softmax has made no share of. */
function slotsOfKeys(keys: Tensor, attributes: AttentionAttributes): Tensor {
  const [matrices, queries, length] = keys.shape as [number, number, number];
  const count = slotCount(attributes.mask, attributes.reach);
  if (areInOrder(attributes)) {
    const kept = slice(keys, [0, 0, 0], [matrices, queries, Math.min(count, length)]);
    return pad(kept, [0, 0, 0], [0, 0, Math.max(0, count - length)]);
  }
  const keyed = listKeys(queries, count, attributes);
  return transpose(matmul(transpose(keys, [1, 0, 2]), keyed, undefined, { transposeB: true }), [1, 0, 2]);
}

/** 1 where a slot of a query holds a key: [M, L, T]. */
function listKeys(queries: number, slots: number, attributes: AttentionAttributes): Tensor {
  const { length, mask } = attributes;
  checkWhole(queries, attributes);
  const ones = new Float32Array(queries * slots * length);
  for (let query = 0; query < queries; query++) {
    for (let slot = 0; slot < slots; slot++) {
      const key = keyOf(mask, query, slot);
      if (key >= 0) ones[(query * slots + slot) * length + key] = 1;
    }
  }
  return constantOf(ones, [queries, slots, length]);
}

/** Zeros in slots that a query does not see, of kinds whose slots are keys in order. */
function hideUnseen(slots: Tensor, position: Tensor, attributes: AttentionAttributes): Tensor {
  if (!areInOrder(attributes)) return slots; // no key is in them
  const [matrices, queries, count] = slots.shape as [number, number, number];
  const places = Float32Array.from({ length: count }, (_, slot) => slot);
  if (attributes.mask.kind === 'full') {
    checkWhole(queries, attributes);
    const seen = Float32Array.from({ length: queries * count }, (_, at) =>
      keyOf(attributes.mask, Math.floor(at / count), at % count) >= 0 ? 1 : 0,
    );
    return mul(slots, constantOf(seen, [queries, count]));
  }
  const counts = ofSequences(reshape(castToFloat(position), [attributes.batch, 1]), attributes); // [S, 1]
  const ofHeads = broadcastTo(counts, [attributes.sequences, attributes.heads]);
  return mul(slots, clamp(sub(reshape(ofHeads, [matrices, 1, 1]), constantOf(places, [count])), 0, 1));
}

function checkWhole(queries: number, { length, mask }: AttentionAttributes): void {
  if (queries === length) return;
  throw new ShapeError(
    'E_GRADIENT',
    `gradients: ${mask.kind} attention has one where whole sequences are computed at once, from their first position ` +
      `on: ${length} queries each, got ${queries}.`,
  );
}
