/**
 * The transformer on TensorFlow.js, as its best user would write it: keys and values in banks of fixed shape that hold
 * only what a layer's mask can reach (tfjs-slots.ts), masks on the device before the first step and chosen from
 * JavaScript, packed textures, tidied memory. Nothing is compiled after the first step: every shape is the same at
 * every position. How it was reviewed: bench/README.md.
 *
 * B candidates, N heads of D, T text positions, L = T + R slots of a bank.
 */
import { maskOf } from '../../nets/transformer/sequence.ts';
import { imagePositions, textPositions } from '../../nets/transformer/architecture.ts';
import type { TransformerArchitecture } from '../../nets/transformer/architecture.ts';
import type { TfjsPeer } from '../tfjs-peer.ts';
import { foldWeights } from './tfjs-folded-weights.ts';
import type { FoldedWeights } from './tfjs-folded-weights.ts';
import { TfjsLayers } from './tfjs-layers.ts';
import type { KeysAndValues, See, Tensor, Tf } from './tfjs-layers.ts';
import { bankOf, planSlots, slotMask } from './tfjs-slots.ts';
import type { Slots } from './tfjs-slots.ts';
import type { TransformerModel, TransformerPeer } from './transformer-peer.ts';

/** @param backend active whenever this peer computes, as in tfjs.ts */
export async function createTfjsTransformer(
  { tf, version }: TfjsPeer,
  model: TransformerModel,
  batch: number,
  backend: 'webgl' | 'wasm' = 'webgl',
): Promise<TransformerPeer> {
  await tf.setBackend(backend);
  const weights = await foldWeights(model);
  const peer = new TfjsTransformer(tf, `tfjs-${backend} ${version}`, model, batch, weights);
  const turnTo = async <T>(work: () => Promise<T>): Promise<T> => tf.setBackend(backend).then(work);
  return {
    name: peer.name,
    read: () => turnTo(() => peer.read()),
    step: (...next) => turnTo(() => peer.step(...next)),
    textureBytes: () => (backend === 'webgl' ? peer.textureBytes() : undefined),
    dispose: () => turnTo(() => peer.dispose()),
  };
}

/** The banks of a layer, and how they are used. */
interface LayerBanks {
  readonly slots: Slots;
  /** One for each place in the image, [1, L]; equal ones are one tensor. */
  readonly masks: readonly Tensor[];
  /** [B·N, L, D] each. */
  banks: KeysAndValues[];
  /** Of the text alone, [B·N, T, D]. */
  text: KeysAndValues | undefined;
}

class TfjsTransformer implements TransformerPeer {
  readonly name: string;
  private readonly tf: Tf;
  private readonly model: TransformerModel;
  private readonly batch: number;
  private readonly textLength: number;
  private readonly tables: Pick<FoldedWeights, 'text' | 'image' | 'positions'>;
  private readonly layers: TfjsLayers;
  private readonly caches: readonly LayerBanks[];
  private readonly causal: Tensor;
  private peak = 0;

  constructor(tf: Tf, name: string, model: TransformerModel, batch: number, weights: FoldedWeights) {
    this.tf = tf;
    this.name = name;
    this.model = model;
    this.batch = batch;
    this.textLength = textPositions(model.architecture);
    this.tables = weights;
    this.layers = new TfjsLayers(tf, model.architecture, weights);
    this.caches = weights.layers.map((_, layer) => planBanks(tf, model.architecture, layer));
    this.causal = makeCausalMask(tf, this.textLength);
  }

  async read(): Promise<Float32Array> {
    const { tf, textLength, batch, causal } = this;
    const see: See = (layer, own) => {
      const cache = this.caches[layer]!;
      this.forget(cache);
      cache.text = { keys: tf.keep(this.repeat(own.keys)), values: tf.keep(this.repeat(own.values)) };
      cache.banks = this.startBanks(cache);
      return { seen: own, mask: causal };
    };
    const first = tf.tidy(() => {
      const rows = this.layers.run(this.embed('text', this.model.text, 0, 1), textLength, see);
      return this.readLogits(tf.slice(rows, [textLength - 1, 0], [1, rows.shape[1]!]));
    });
    return Float32Array.from({ length: batch * first.length }, (_, at) => first[at % first.length]!);
  }

  async step(position: number, tokens: Int32Array): Promise<Float32Array> {
    const see: See = (layer, own) => {
      const { slots, masks, banks, text } = this.caches[layer]!;
      const place = bankOf(slots, position);
      const old = banks[place]!;
      const keys = this.moveUp(slots, text!.keys, old.keys, own.keys);
      const values = this.moveUp(slots, text!.values, old.values, own.values);
      this.tf.dispose([old.keys, old.values]);
      banks[place] = { keys, values };
      return { seen: banks[place], mask: masks[position]! };
    };
    return this.tf.tidy(() => {
      const rows = this.embed('image', tokens, this.textLength + position, 0);
      return this.readLogits(this.layers.run(rows, 1, see));
    });
  }

  textureBytes(): { peak: number } {
    return { peak: this.peak };
  }

  async dispose(): Promise<void> {
    for (const cache of this.caches) {
      this.forget(cache);
      this.tf.dispose([...new Set(cache.masks)]);
    }
    this.tf.dispose(this.causal);
    this.layers.dispose();
  }

  private forget(cache: LayerBanks): void {
    for (const { keys, values } of [...cache.banks, ...(cache.text ? [cache.text] : [])]) {
      this.tf.dispose([keys, values]);
    }
    cache.banks = [];
    cache.text = undefined;
  }

  /** Keys or values of the text, [N, T, D], for every candidate. `tile` has no packed form. */
  private repeat(split: Tensor): Tensor {
    return this.batch === 1 ? split : this.tf.concat(Array<Tensor>(this.batch).fill(split), 0);
  }

  /** Banks that hold the text alone, and as yet one texture. */
  private startBanks({ text, slots }: LayerBanks): KeysAndValues[] {
    const { tf } = this;
    const room: [number, number][] = [
      [0, 0],
      [0, slots.recent],
      [0, 0],
    ];
    const [keys, values] = [tf.pad(text!.keys, room), tf.pad(text!.values, room)];
    return Array.from({ length: slots.banks }, () => ({
      keys: tf.keep(tf.clone(keys)),
      values: tf.keep(tf.clone(values)),
    }));
  }

  /** A bank without its oldest image key and with a newer one. */
  private moveUp({ recent }: Slots, text: Tensor, old: Tensor, newest: Tensor): Tensor {
    const { tf, textLength } = this;
    const [groups, , size] = old.shape as [number, number, number];
    const kept = tf.slice(old, [0, textLength + 1, 0], [groups, recent - 1, size]);
    return tf.keep(tf.concat([text, kept, newest], 1));
  }

  /**
   * Sums of each token's row and its position's, `first` plus `step` for each before it. They are picked here: an
   * upload is cheaper than two look-ups on the device.
   */
  private embed(kind: 'text' | 'image', tokens: Int32Array, first: number, step: number): Tensor {
    const { dim } = this.model.architecture;
    const { positions, [kind]: table } = this.tables;
    const rows = new Float32Array(tokens.length * dim);
    tokens.forEach((token, row) => {
      const place = first + row * step;
      for (let d = 0; d < dim; d++) rows[row * dim + d] = table[token * dim + d]! + positions[place * dim + d]!;
    });
    return this.tf.tensor(rows, [tokens.length, dim]);
  }

  private readLogits(rows: Tensor): Float32Array {
    const logits = this.layers.logits(rows).dataSync() as Float32Array;
    const { numBytesInGPUAllocated = 0 } = this.tf.memory() as { numBytesInGPUAllocated?: number };
    this.peak = Math.max(this.peak, numBytesInGPUAllocated);
    return logits;
  }
}

function planBanks(tf: Tf, architecture: TransformerArchitecture, layer: number): LayerBanks {
  const mask = maskOf(architecture, layer);
  const slots = planSlots(mask);
  const known = new Map<string, Tensor>();
  const masks = Array.from({ length: imagePositions(architecture) }, (_, p) => {
    const row = slotMask(mask, slots, p);
    const key = row.join();
    if (!known.has(key)) known.set(key, tf.tensor(row, [1, row.length]));
    return known.get(key)!;
  });
  return { slots, masks, banks: [], text: undefined };
}

/** [T, T]: 0 where row ≥ column, else what makes a score vanish. */
function makeCausalMask(tf: Tf, length: number): Tensor {
  const numbers = Float32Array.from({ length: length * length }, (_, at) =>
    at % length <= Math.floor(at / length) ? 0 : -1e9,
  );
  return tf.tensor(numbers, [length, length]);
}
