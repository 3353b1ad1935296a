/**
 * The transformer on TensorFlow.js, as its best user would write it: keys and values in banks of fixed shape that hold
 * only what a layer's mask can reach (tfjs-slots.ts), masks on the device before the first step and chosen from
 * JavaScript, weights folded (tfjs-folded-weights.ts), row means and sums as products with a column of ones (its
 * reductions take two to four draws), packed textures, tidied memory. Nothing is compiled after the first step: every
 * shape is the same at every position. How it was reviewed: bench/README.md.
 *
 * B candidates, N heads of D, rows [B, dim], T text positions, L slots of a bank.
 */
import { maskOf } from '../../nets/transformer/sequence.ts';
import { imagePositions, textPositions } from '../../weights-convert/transformer-spec.ts';
import type { TfjsPeer } from '../tfjs-peer.ts';
import { foldWeights } from './tfjs-folded-weights.ts';
import type { LayerProducts, Product } from './tfjs-folded-weights.ts';
import { bankOf, planSlots, slotMask } from './tfjs-slots.ts';
import type { Slots } from './tfjs-slots.ts';
import type { TransformerModel, TransformerPeer } from './transformer-peer.ts';

type Tf = TfjsPeer['tf'];
type Tensor = ReturnType<Tf['tensor']>;

/** PyTorch's, which every known checkpoint was trained with. */
const EPSILON = 1e-5;

interface Linear {
  readonly weight: Tensor;
  readonly bias: Tensor;
  /** The bias as [N, 1, D] where the outputs are heads. */
  readonly headBias?: Tensor;
}

interface Layer {
  readonly products: Readonly<Record<keyof LayerProducts, Linear>>;
  readonly slots: Slots;
  /** One for each place in the image, [1, L]; equal ones are one tensor. */
  readonly masks: readonly Tensor[];
}

/** Keys [B·N, L, D] and values of a bank, and those of the text alone, [B·N, T, D]. */
interface Bank {
  readonly keys: Tensor;
  readonly values: Tensor;
}

export async function createTfjsTransformer(
  { tf, version }: TfjsPeer,
  model: TransformerModel,
  batch: number,
): Promise<TransformerPeer> {
  const { architecture, text } = model;
  const { dim, heads, head_size } = architecture;
  const [textLength, places] = [textPositions(architecture), imagePositions(architecture)];
  const folded = await foldWeights(model);
  const upload = ({ weight, bias, outputs, inputs }: Product, isHeads = false): Linear => ({
    weight: tf.tensor(weight, [outputs, inputs]),
    bias: tf.tensor(bias, [outputs]),
    ...(isHeads && { headBias: tf.tensor(bias, [heads, 1, head_size]) }),
  });
  const layers = folded.layers.map((products, index): Layer => {
    const mask = maskOf(architecture, index);
    const slots = planSlots(mask);
    const known = new Map<string, Tensor>();
    const masks = Array.from({ length: places }, (_, p) => {
      const row = slotMask(mask, slots, p);
      const key = row.join();
      if (!known.has(key)) known.set(key, tf.tensor(row, [1, row.length]));
      return known.get(key)!;
    });
    const { query, key, value, out, up, down } = products;
    const split = { query: upload(query, true), key: upload(key, true), value: upload(value, true) };
    return { products: { ...split, out: upload(out), up: upload(up), down: upload(down) }, slots, masks };
  });
  const head = upload(folded.head);
  const causal = tf.tensor(makeCausalMask(textLength), [textLength, textLength]);
  const means = makeColumn(dim, 1 / dim);
  const lengths = new Set([textLength, ...layers.map(({ slots }) => textLength + slots.recent)]);
  const ones = new Map([...lengths].map((length) => [length, makeColumn(length, 1)]));
  const epsilon = tf.tensor([EPSILON], [1]);
  /** Banks of each layer. */
  let banks: Bank[][] = [];
  let textBanks: Bank[] = [];
  let peak = 0;

  /** From numbers, and not by `fill`, whose texture is unpacked and would be packed again at every use. */
  function makeColumn(length: number, value: number): Tensor {
    return tf.tensor(new Float32Array(length).fill(value), [length, 1]);
  }

  function multiply(a: Tensor, { weight, bias }: Linear): Tensor {
    return tf.fused.matMul({ a: a as never, b: weight as never, bias, transposeB: true });
  }

  /** rows [R, dim], whose mean is 0 → rows of variance 1. `square` and `rsqrt` have no packed form, these have. */
  function normalise(rows: Tensor): Tensor {
    const variance = tf.fused.matMul({ a: tf.mul(rows, rows) as never, b: means as never, bias: epsilon });
    return tf.div(rows, tf.sqrt(variance));
  }

  /** rows of one sequence [M, dim] → [N, M, D], each head a product of its own; of one row a candidate → [B·N, 1, D]. */
  function multiplyHeads(rows: Tensor, product: Linear, count: number): Tensor {
    const [total] = rows.shape as [number];
    if (total !== count) return tf.reshape(multiply(rows, product), [total * heads, 1, head_size]);
    const a = tf.reshape(rows, [1, count, dim]);
    const weight = tf.reshape(product.weight, [heads, head_size, dim]);
    return tf.fused.matMul({ a: a as never, b: weight as never, bias: product.headBias!, transposeB: true });
  }

  /** [N, M, D] of one sequence, or [B·N, 1, D] → rows [M or B, N·D]. */
  function joinHeads(split: Tensor, count: number): Tensor {
    if (count === 1) return tf.reshape(split, [split.shape[0]! / heads, heads * head_size]);
    return tf.reshape(tf.transpose(split, [1, 0, 2]), [count, heads * head_size]);
  }

  /** queries [G, M, D], keys and values [G, L, D], mask [M, L] → [G, M, D]. */
  function attend(queries: Tensor, { keys, values }: Bank, mask: Tensor): Tensor {
    const scores = tf.add(tf.matMul(queries, keys, false, true), mask);
    const weights = tf.exp(tf.sub(scores, tf.max(scores, 2, true)));
    return tf.div(tf.matMul(weights, values), tf.matMul(weights, ones.get(keys.shape[1]!)!));
  }

  function mlp(rows: Tensor, { up, down }: Layer['products']): Tensor {
    const raised = multiply(normalise(rows), up);
    return multiply(tf.add(raised, tf.mul(raised, tf.erf(raised))), down);
  }

  /** rows [R, dim] through all layers; `see` gives what the queries of a layer see. */
  function runLayers(rows: Tensor, count: number, see: (layer: number, bank: Bank) => [Bank, Tensor]): Tensor {
    return layers.reduce((x, { products }, index) => {
      const normed = normalise(x);
      const [queries, keys, values] = (['query', 'key', 'value'] as const).map((name) =>
        multiplyHeads(normed, products[name], count),
      ) as [Tensor, Tensor, Tensor];
      const attended = attend(queries, ...see(index, { keys, values }));
      const y = tf.add(x, multiply(joinHeads(attended, count), products.out));
      return tf.add(y, mlp(y, products));
    }, rows);
  }

  function readLogits(rows: Tensor): Float32Array {
    const logits = multiply(normalise(rows), head).dataSync() as Float32Array;
    peak = Math.max(peak, bytesAllocated(tf));
    return logits;
  }

  /** Sums of a token's row and its position's, picked here: an upload is cheaper than two look-ups on the device. */
  function embed(table: Float32Array, tokens: Int32Array, first: number, step: number): Tensor {
    const rows = new Float32Array(tokens.length * dim);
    rows.forEach((_, at) => {
      const row = Math.floor(at / dim);
      rows[at] = table[tokens[row]! * dim + (at % dim)]! + folded.positions[(first + row * step) * dim + (at % dim)]!;
    });
    return tf.tensor(rows, [tokens.length, dim]);
  }

  /** Keys or values of the text, [N, T, D], for every candidate. `tile` has no packed form. */
  function repeat(split: Tensor): Tensor {
    return batch === 1 ? split : tf.concat(Array<Tensor>(batch).fill(split), 0);
  }

  function disposeBanks(): void {
    for (const { keys, values } of [...banks.flat(), ...textBanks]) tf.dispose([keys, values]);
  }

  return {
    name: `tfjs-webgl ${version}`,
    async read() {
      disposeBanks();
      textBanks = [];
      const first = tf.tidy(() => {
        const rows = runLayers(embed(folded.text, text, 0, 1), textLength, (_layer, own) => {
          textBanks.push({ keys: tf.keep(repeat(own.keys)), values: tf.keep(repeat(own.values)) });
          return [own, causal];
        });
        return readLogits(tf.slice(rows, [textLength - 1, 0], [1, dim]));
      });
      banks = layers.map(({ slots }, index) => {
        const { keys, values } = textBanks[index]!;
        const padding: [number, number][] = [
          [0, 0],
          [0, slots.recent],
          [0, 0],
        ];
        const empty = { keys: tf.pad(keys, padding), values: tf.pad(values, padding) };
        const copies = Array.from({ length: slots.banks }, () => ({
          keys: tf.clone(empty.keys),
          values: tf.clone(empty.values),
        }));
        tf.dispose([empty.keys, empty.values]);
        return copies;
      });
      return Float32Array.from({ length: batch * first.length }, (_, at) => first[at % first.length]!);
    },
    async step(position, tokens) {
      return tf.tidy(() => {
        const rows = runLayers(embed(folded.image, tokens, textLength + position, 0), 1, (index, own) => {
          const { slots, masks } = layers[index]!;
          const place = bankOf(slots, position);
          const { keys, values } = banks[index]![place]!;
          const shift = (old: Tensor, text: Tensor, newest: Tensor): Tensor => {
            const [groups, , size] = old.shape as [number, number, number];
            const kept = tf.slice(old, [0, textLength + 1, 0], [groups, slots.recent - 1, size]);
            return tf.keep(tf.concat([text, kept, newest], 1));
          };
          const fixed = textBanks[index]!;
          const bank = {
            keys: shift(keys, fixed.keys, own.keys),
            values: shift(values, fixed.values, own.values),
          };
          tf.dispose([keys, values]);
          banks[index]![place] = bank;
          return [bank, masks[position]!];
        });
        return readLogits(rows);
      });
    },
    textureBytes: () => ({ peak }),
    async dispose() {
      disposeBanks();
      const linears = [head, ...layers.flatMap(({ products }) => Object.values(products))];
      tf.dispose(linears.flatMap((linear) => Object.values(linear) as Tensor[]));
      tf.dispose([causal, means, epsilon, ...ones.values(), ...layers.flatMap(({ masks }) => [...new Set(masks)])]);
    },
  };
}

/** 0 where row ≥ column, else what makes a score vanish. */
function makeCausalMask(length: number): Float32Array {
  return Float32Array.from({ length: length * length }, (_, at) => (at % length <= Math.floor(at / length) ? 0 : -1e9));
}

function bytesAllocated(tf: Tf): number {
  return (tf.memory() as { numBytesInGPUAllocated?: number }).numBytesInGPUAllocated ?? 0;
}
