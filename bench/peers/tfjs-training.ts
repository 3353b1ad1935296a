/**
 * A training step of TensorFlow.js: gradients by its tape, its own Adam. Written as its users write it, NHWC, with
 * variables; ops that have no gradient of their own are spelled out. Everything but the loss stays on the device.
 */
// First of all, so that the process's engine is this one's: the gradients' own copy has no methods of tensors.
import '@tensorflow/tfjs-core';
// By its path, so that vite resolves what Node cannot in it. The registries are the process's, whoever fills them.
import '../node_modules/@tensorflow/tfjs-core/dist/register_all_gradients.js';
import type * as Tf from '@tensorflow/tfjs-core';
import type { Contender } from '../harness.ts';
import type { TfjsPeer } from '../tfjs-peer.ts';
import { LEARNING_RATE, OPTIMIZER } from '../training-tasks.ts';
import type { BenchTask, DvaeSizes, TransformerSizes } from '../training-tasks.ts';
import { transposeData } from '../workload.ts';

type Get = (name: string) => Tf.Tensor;

/** One step a run; its answer is the loss before the weights change. */
export function createTfjsTraining({ tf, version }: TfjsPeer, bench: BenchTask): Contender {
  const variables = new Map<string, Tf.Variable>();
  for (const { name, shape } of bench.task.specs) {
    const initial = bench.weights.get(name)!;
    const isKernel = shape.length === 4;
    const numbers = isKernel ? transposeData(initial, shape, [2, 3, 1, 0]) : initial;
    const order = isKernel ? [shape[2]!, shape[3]!, shape[1]!, shape[0]!] : [...shape];
    variables.set(name, tf.variable(tf.tensor(numbers, order)));
  }
  const get: Get = (name) => variables.get(name)!;
  const { computeLoss, given } = prepareLoss(tf, bench, get);
  const { beta1, beta2, epsilon } = OPTIMIZER;
  const optimizer = tf.train.adam(LEARNING_RATE, beta1, beta2, epsilon);
  return {
    name: `tfjs-webgl ${version}`,
    async run() {
      return tf.tidy(() => {
        const { value, grads } = tf.variableGrads(computeLoss, [...variables.values()]);
        optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
        return value.dataSync();
      });
    },
    dispose() {
      tf.dispose([...variables.values(), ...given]);
      optimizer.dispose();
    },
  };
}

interface PreparedLoss {
  readonly given: readonly Tf.Tensor[];
  computeLoss(): Tf.Scalar;
}

function prepareLoss(tf: typeof Tf, { given, batch }: BenchTask, get: Get): PreparedLoss {
  if (given.kind === 'dvae') {
    const { batch: pictures, side } = given.sizes;
    const planes = batch['pixels'] as Float32Array;
    const numbers = transposeData(planes, [pictures, 3, side, side], [0, 2, 3, 1]);
    const pixels = tf.tensor4d(numbers, [pictures, side, side, 3]);
    return { given: [pixels], computeLoss: () => dvaeLoss(tf, given.sizes, get, pixels) };
  }
  const tokens = tf.tensor1d(batch['tokens'] as Int32Array, 'int32');
  const next = tf.tensor1d(batch['next'] as Int32Array, 'int32');
  const { length } = given.sizes;
  const unseen = tf.tensor2d(
    Float32Array.from({ length: length * length }, (_, at) => (at % length > Math.floor(at / length) ? -1e30 : 0)),
    [length, length],
  );
  const hot = tf.tidy(() => tf.cast(tf.oneHot(next, given.sizes.vocabulary), 'float32'));
  next.dispose();
  return {
    given: [tokens, unseen, hot],
    computeLoss: () => transformerLoss(tf, given.sizes, get, { tokens, unseen, hot }),
  };
}

function dvaeLoss(tf: typeof Tf, _sizes: DvaeSizes, get: Get, pixels: Tf.Tensor4D): Tf.Scalar {
  const convolve = (path: string, x: Tf.Tensor4D): Tf.Tensor4D =>
    tf.add(tf.conv2d(x, get(`${path}.w`) as Tf.Tensor4D, 1, 'same'), get(`${path}.b`));
  const block = (path: string, x: Tf.Tensor4D, outputs: number): Tf.Tensor4D => {
    const id = x.shape[3] === outputs ? x : convolve(`${path}.id_path`, x);
    const res = [1, 2, 3, 4].reduce((h, at) => convolve(`${path}.res_path.conv_${at}`, tf.relu(h)), x);
    return tf.add(id, tf.mul(res, 1 / 16));
  };
  const outputsOf = (path: string): number => get(`${path}.res_path.conv_4.b`).shape[0]!;
  let h = convolve('dvae-encoder.blocks.input', pixels);
  for (let group = 1; group <= 4; group++) {
    const path = `dvae-encoder.blocks.group_${group}.block_1`;
    h = block(path, h, outputsOf(path));
    if (group < 4) h = tf.maxPool(h, 2, 2, 'valid');
  }
  const codes = tf.softmax(convolve('dvae-encoder.blocks.output.conv', tf.relu(h)));
  h = convolve('dvae-decoder.blocks.input', codes);
  for (let group = 1; group <= 4; group++) {
    const path = `dvae-decoder.blocks.group_${group}.block_1`;
    h = block(path, h, outputsOf(path));
    if (group < 4) h = tf.image.resizeNearestNeighbor(h, [2 * h.shape[1], 2 * h.shape[2]]);
  }
  const statistics = convolve('dvae-decoder.blocks.output.conv', tf.relu(h));
  const error = tf.sub(tf.slice(statistics, [0, 0, 0, 0], pixels.shape), pixels);
  return tf.mean(tf.mul(error, error));
}

interface Sequences {
  readonly tokens: Tf.Tensor1D;
  readonly unseen: Tf.Tensor2D;
  /** [B·L, V] */
  readonly hot: Tf.Tensor;
}

function transformerLoss(
  tf: typeof Tf,
  { dim, heads, depth, length, batch }: TransformerSizes,
  get: Get,
  { tokens, unseen, hot }: Sequences,
): Tf.Scalar {
  const norm = (name: string, x: Tf.Tensor): Tf.Tensor => {
    const { mean, variance } = tf.moments(x, -1, true);
    const normed = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    return tf.add(tf.mul(normed, get(`${name}.gain`)), get(`${name}.shift`));
  };
  const project = (name: string, x: Tf.Tensor): Tf.Tensor =>
    tf.add(tf.matMul(x, get(`${name}.w`), false, true), get(`${name}.b`));
  const size = dim / heads;
  const attend = (qkv: Tf.Tensor): Tf.Tensor => {
    const vectors = tf.transpose(tf.reshape(qkv, [batch, length, 3 * heads, size]), [0, 2, 1, 3]);
    const [query, key, value] = tf.split(vectors, 3, 1) as [Tf.Tensor, Tf.Tensor, Tf.Tensor];
    const scores = tf.matMul(tf.mul(query, size ** -0.5), key, false, true);
    const mixed = tf.matMul(tf.softmax(tf.add(scores, unseen)), value);
    return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch * length, dim]);
  };
  const gelu = (x: Tf.Tensor): Tf.Tensor => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
  const embedded = tf.reshape(tf.gather(get('embedding'), tokens), [batch, length, dim]);
  let x: Tf.Tensor = tf.reshape(tf.add(embedded, get('positions')), [batch * length, dim]);
  for (let layer = 0; layer < depth; layer++) {
    x = tf.add(x, project(`${layer}.out`, attend(project(`${layer}.qkv`, norm(`${layer}.norm1`, x)))));
    x = tf.add(x, project(`${layer}.narrow`, gelu(project(`${layer}.wide`, norm(`${layer}.norm2`, x)))));
  }
  const logits = project('logits', norm('norm', x));
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), hot), -1)));
}
