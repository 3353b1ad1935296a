/**
 * A training step of jax-js, compiled by its `jit`, on its WebAssembly backend: one thread, since Node has no `Worker`
 * of the web's. Every function consumes what it is given; `.ref` keeps it. Adam is written out, as optax has it.
 */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { defaultDevice, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import type { Contender } from '../harness.ts';
import { LEARNING_RATE, OPTIMIZER } from '../training-tasks.ts';
import type { BenchTask, TransformerSizes } from '../training-tasks.ts';

type Weights = Record<string, np.Array>;
type Trained = { weights: Weights; first: Weights; second: Weights };

/** One step a run; its answer is the loss before the weights change. */
export async function createJaxTraining(bench: BenchTask): Promise<Contender> {
  await init('wasm');
  defaultDevice('wasm');
  const { specs } = bench.task;
  const lay = (numbersOf: (name: string, size: number) => Float32Array): Weights =>
    Object.fromEntries(
      specs.map(({ name, shape }) => {
        const size = shape.reduce((product, length) => product * length, 1);
        return [name, np.array(new Float32Array(numbersOf(name, size))).reshape([...shape])];
      }),
    );
  const zeros = (): Weights => lay((_, size) => new Float32Array(size));
  let trained: Trained = { weights: lay((name) => bench.weights.get(name)!), first: zeros(), second: zeros() };
  const { computeLoss, given } = prepareLoss(bench);
  const advance = jit((now: Trained, corrections: np.Array, batch: np.Array[]) => {
    const [loss, gradients] = valueAndGrad((weights: Weights) => computeLoss(weights, batch))(tree.ref(now.weights));
    return { loss, trained: applyAdam(now, gradients, corrections) };
  });
  let step = 0;
  return {
    name: `jax-js ${readVersion()}, wasm ×1`,
    async run() {
      step++;
      const corrections = np.array([1 / (1 - OPTIMIZER.beta1 ** step), 1 / (1 - OPTIMIZER.beta2 ** step)]);
      const done = advance(trained, corrections, tree.ref(given));
      trained = done.trained;
      return (await done.loss.data()) as Float32Array;
    },
    dispose: () => tree.dispose([trained, given]),
  };
}

function readVersion(): string {
  const main = createRequire(import.meta.url).resolve('@jax-js/jax');
  return (JSON.parse(readFileSync(new URL('../package.json', `file://${main}`), 'utf8')) as { version: string })
    .version;
}

function applyAdam(now: Trained, gradients: Weights, corrections: np.Array): Trained {
  const { beta1, beta2, epsilon } = OPTIMIZER;
  const next: Trained = { weights: {}, first: {}, second: {} };
  const [one, two] = np.split(corrections, 2) as [np.Array, np.Array];
  for (const [name, gradient] of Object.entries(gradients)) {
    const first = now.first[name]!.mul(beta1).add(gradient.ref.mul(1 - beta1));
    const second = now.second[name]!.mul(beta2).add(np.square(gradient).mul(1 - beta2));
    const size = np.sqrt(second.ref.mul(two.ref)).add(epsilon);
    next.weights[name] = now.weights[name]!.sub(first.ref.mul(one.ref).div(size).mul(LEARNING_RATE));
    next.first[name] = first;
    next.second[name] = second;
  }
  tree.dispose([one, two]);
  return next;
}

interface PreparedLoss {
  readonly given: np.Array[];
  computeLoss(weights: Weights, given: np.Array[]): np.Array;
}

function prepareLoss({ given, batch }: BenchTask): PreparedLoss {
  if (given.kind === 'dvae') {
    const { batch: pictures, side } = given.sizes;
    const pixels = np.array(new Float32Array(batch['pixels'] as Float32Array)).reshape([pictures, 3, side, side]);
    return { given: [pixels], computeLoss: (weights, [x]) => dvaeLoss(weights, x!) };
  }
  const { length, vocabulary } = given.sizes;
  const tokens = np.array(new Int32Array(batch['tokens'] as Int32Array));
  const next = np.array(new Int32Array(batch['next'] as Int32Array));
  const unseen = Float32Array.from({ length: length * length }, (_, at) =>
    at % length > Math.floor(at / length) ? -1e30 : 0,
  );
  const hot = [tokens, next].map((numbers) => nn.oneHot(numbers, vocabulary));
  return {
    given: [...hot, np.array(unseen).reshape([length, length])],
    computeLoss: (weights, all) => transformerLoss(given.sizes, weights, all),
  };
}

function dvaeLoss(weights: Weights, pixels: np.Array): np.Array {
  const convolve = (path: string, x: np.Array): np.Array => {
    const bias = weights[`${path}.b`]!.ref.reshape([1, -1, 1, 1]);
    return lax.conv(x, weights[`${path}.w`]!.ref, [1, 1], 'SAME').add(bias);
  };
  const block = (path: string, x: np.Array): np.Array => {
    const res = [1, 2, 3, 4].reduce((h, at) => convolve(`${path}.res_path.conv_${at}`, nn.relu(h)), x.ref);
    const id = `${path}.id_path.w` in weights ? convolve(`${path}.id_path`, x) : x;
    return id.add(res.mul(1 / 16));
  };
  /** Windows as axes of their own: `reduceWindow` has no gradient for all shapes. */
  const halve = (x: np.Array): np.Array => {
    const [batch, channels, height, width] = x.shape as [number, number, number, number];
    return np.max(x.reshape([batch, channels, height / 2, 2, width / 2, 2]), [3, 5]);
  };
  const double = (x: np.Array): np.Array => np.repeat(np.repeat(x, 2, 2), 2, 3);
  let h = convolve('dvae-encoder.blocks.input', pixels.ref);
  for (let group = 1; group <= 4; group++) {
    h = block(`dvae-encoder.blocks.group_${group}.block_1`, h);
    if (group < 4) h = halve(h);
  }
  h = convolve('dvae-decoder.blocks.input', nn.softmax(convolve('dvae-encoder.blocks.output.conv', nn.relu(h)), 1));
  for (let group = 1; group <= 4; group++) {
    h = block(`dvae-decoder.blocks.group_${group}.block_1`, h);
    if (group < 4) h = double(h);
  }
  const [location, scale] = np.split(convolve('dvae-decoder.blocks.output.conv', nn.relu(h)), 2, 1);
  scale!.dispose();
  tree.dispose(weights);
  return np.mean(np.square(location!.sub(pixels)));
}

function transformerLoss(
  { dim, heads, depth, length, batch }: TransformerSizes,
  weights: Weights,
  [tokens, next, unseen]: np.Array[],
): np.Array {
  const get = (name: string): np.Array => weights[name]!.ref;
  const norm = (name: string, x: np.Array): np.Array =>
    nn
      .standardize(x, -1, { epsilon: 1e-5 })
      .mul(get(`${name}.gain`))
      .add(get(`${name}.shift`));
  const project = (name: string, x: np.Array): np.Array =>
    np.matmul(x, np.transpose(get(`${name}.w`))).add(get(`${name}.b`));
  const size = dim / heads;
  const attend = (qkv: np.Array): np.Array => {
    const vectors = np.transpose(qkv.reshape([batch, length, 3 * heads, size]), [0, 2, 1, 3]);
    const [query, key, value] = np.split(vectors, 3, 1) as [np.Array, np.Array, np.Array];
    const scores = np.matmul(query.mul(size ** -0.5), np.transpose(key, [0, 1, 3, 2]));
    const mixed = np.matmul(nn.softmax(scores.add(unseen!.ref), -1), value);
    return np.transpose(mixed, [0, 2, 1, 3]).reshape([batch * length, dim]);
  };
  const embedded = np.matmul(tokens!, get('embedding')).reshape([batch, length, dim]);
  let x = embedded.add(get('positions')).reshape([batch * length, dim]);
  for (let layer = 0; layer < depth; layer++) {
    x = x.ref.add(project(`${layer}.out`, attend(project(`${layer}.qkv`, norm(`${layer}.norm1`, x)))));
    x = x.ref.add(
      project(`${layer}.narrow`, nn.gelu(project(`${layer}.wide`, norm(`${layer}.norm2`, x)), { approximate: false })),
    );
  }
  const logs = nn.logSoftmax(project('logits', norm('norm', x)), -1);
  unseen!.dispose();
  tree.dispose(weights);
  return np.mean(np.sum(logs.mul(next!), -1)).mul(-1);
}
