/**
 * The layers of a transformer on TensorFlow.js, with weights folded (tfjs-folded-weights.ts), and with the ops that
 * have a packed form: row means and sums are products with a column, since its reductions take two to four draws; `mul`
 * and `div` stand for `square` and `rsqrt`. The wasm backend has XNNPACK's product for weights that need no transposing
 * only, and adds a bias wrongly to the others (4.22.0): there weights are [K, O].
 *
 * Rows [R, dim] are M positions of one sequence, or one position of each of B. N heads of D; G = N, or B·N.
 */
import type { TransformerArchitecture } from '../../nets/transformer/architecture.ts';
import type { TfjsPeer } from '../tfjs-peer.ts';
import { transposeData } from '../workload.ts';
import type { FoldedWeights, LayerProducts, Product } from './tfjs-folded-weights.ts';

export type Tf = TfjsPeer['tf'];
export type Tensor = ReturnType<Tf['tensor']>;

/** Keys and values of all heads, [G, L, D] each. */
export interface KeysAndValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** What the queries of a layer see, given their own keys and values: L of them, and what is added to scores [M, L]. */
export type See = (layer: number, own: KeysAndValues) => { readonly seen: KeysAndValues; readonly mask: Tensor };

interface Linear {
  readonly weight: Tensor;
  readonly bias: Tensor;
  /** The bias as [N, 1, D] where the outputs are heads. */
  readonly headBias?: Tensor;
}

type Layer = Readonly<Record<keyof LayerProducts, Linear>>;

/** PyTorch's, which every known checkpoint was trained with. */
const EPSILON = 1e-5;

export class TfjsLayers {
  private readonly tf: Tf;
  private readonly architecture: TransformerArchitecture;
  private readonly layers: readonly Layer[];
  private readonly head: Linear;
  private readonly isWasm: boolean;
  private readonly mean: Tensor;
  private readonly epsilon: Tensor;
  /** Columns of ones by their length. */
  private readonly ones = new Map<number, Tensor>();

  constructor(tf: Tf, architecture: TransformerArchitecture, { layers, head }: FoldedWeights) {
    this.tf = tf;
    this.architecture = architecture;
    this.isWasm = tf.getBackend() === 'wasm';
    this.layers = layers.map(({ query, key, value, out, up, down }) => ({
      query: this.upload(query, true),
      key: this.upload(key, true),
      value: this.upload(value, true),
      out: this.upload(out),
      up: this.upload(up),
      down: this.upload(down),
    }));
    this.head = this.upload(head);
    this.mean = this.makeColumn(architecture.dim, 1 / architecture.dim);
    this.epsilon = tf.tensor([EPSILON], [1]);
  }

  /** rows through all layers; `count` is M. */
  run(rows: Tensor, count: number, see: See): Tensor {
    const { tf } = this;
    return this.layers.reduce((x, layer, index) => {
      const normed = this.normalise(x);
      const own = {
        keys: this.multiplyHeads(normed, layer.key, count),
        values: this.multiplyHeads(normed, layer.value, count),
      };
      const attended = this.attend(this.multiplyHeads(normed, layer.query, count), see(index, own));
      const y = tf.add(x, this.multiply(this.joinHeads(attended, count), layer.out));
      const raised = this.multiply(this.normalise(y), layer.up);
      const activated = tf.add(raised, tf.mul(raised, tf.erf(raised)));
      return tf.add(y, this.multiply(activated, layer.down));
    }, rows);
  }

  /** rows → logits of the image vocabulary. */
  logits(rows: Tensor): Tensor {
    return this.multiply(this.normalise(rows), this.head);
  }

  dispose(): void {
    const linears = [this.head, ...this.layers.flatMap((layer) => Object.values(layer) as Linear[])];
    const tensors = linears.flatMap((linear) => Object.values(linear) as Tensor[]);
    this.tf.dispose([...tensors, this.mean, this.epsilon, ...this.ones.values()]);
  }

  private upload({ weight, bias, outputs, inputs }: Product, isHeads = false): Linear {
    const { tf } = this;
    const { heads, head_size } = this.architecture;
    return {
      weight: this.isWasm
        ? tf.tensor(transposeData(weight, [outputs, inputs], [1, 0]), [inputs, outputs])
        : tf.tensor(weight, [outputs, inputs]),
      bias: tf.tensor(bias, [outputs]),
      ...(isHeads && { headBias: tf.tensor(bias, [heads, 1, head_size]) }),
    };
  }

  /** From numbers, and not by `fill`, whose texture is unpacked and would be packed again at every use. */
  private makeColumn(length: number, value: number): Tensor {
    return this.tf.tensor(new Float32Array(length).fill(value), [length, 1]);
  }

  private onesOf(length: number): Tensor {
    if (!this.ones.has(length)) this.ones.set(length, this.tf.keep(this.makeColumn(length, 1)));
    return this.ones.get(length)!;
  }

  private multiply(a: Tensor, { weight, bias }: Linear): Tensor {
    return this.tf.fused.matMul({ a: a as never, b: weight as never, bias, transposeB: !this.isWasm });
  }

  /** rows [R, dim], whose mean is 0 → rows of variance 1. */
  private normalise(rows: Tensor): Tensor {
    const { tf, mean, epsilon } = this;
    const variance = tf.fused.matMul({ a: tf.mul(rows, rows) as never, b: mean as never, bias: epsilon });
    return tf.div(rows, tf.sqrt(variance));
  }

  /**
   * rows of one sequence [M, dim] → [N, M, D], each head a product of its own; of one row a candidate → [B·N, 1, D].
   */
  private multiplyHeads(rows: Tensor, product: Linear, count: number): Tensor {
    const { tf } = this;
    const { dim, heads, head_size } = this.architecture;
    const [total] = rows.shape as [number];
    if (total !== count) return tf.reshape(this.multiply(rows, product), [total * heads, 1, head_size]);
    if (this.isWasm) {
      return tf.transpose(tf.reshape(this.multiply(rows, product), [count, heads, head_size]), [1, 0, 2]);
    }
    const a = tf.reshape(rows, [1, count, dim]);
    const weight = tf.reshape(product.weight, [heads, head_size, dim]);
    return tf.fused.matMul({ a: a as never, b: weight as never, bias: product.headBias!, transposeB: true });
  }

  /** [N, M, D] of one sequence, or [B·N, 1, D] → rows [M or B, N·D]. */
  private joinHeads(split: Tensor, count: number): Tensor {
    const { tf } = this;
    const { heads, head_size } = this.architecture;
    if (count === 1) return tf.reshape(split, [split.shape[0]! / heads, heads * head_size]);
    return tf.reshape(tf.transpose(split, [1, 0, 2]), [count, heads * head_size]);
  }

  /** queries [G, M, D] → [G, M, D]. */
  private attend(queries: Tensor, { seen: { keys, values }, mask }: ReturnType<See>): Tensor {
    const { tf } = this;
    const scores = tf.add(tf.matMul(queries, keys, false, true), mask);
    const weights = tf.exp(tf.sub(scores, tf.max(scores, 2, true)));
    return tf.div(tf.matMul(weights, values), tf.matMul(weights, this.onesOf(keys.shape[1]!)));
  }
}
