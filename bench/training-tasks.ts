/**
 * What the suite `training` trains: small nets whose step a peer can be written for in a page. A picture through both
 * halves of a dVAE, with a softmax between them and a squared error; and a transformer of next tokens with every
 * earlier key seen. Weights and batches are random, the same for everyone.
 */
import type { RunInputs, Tensor } from '../engine/index.ts';
import type { DecoderArchitecture, EncoderArchitecture } from '../nets/dvae/architecture.ts';
import { decoder } from '../nets/dvae/decoder.ts';
import { encoder } from '../nets/dvae/encoder.ts';
import { expectedTensors, listConvolutions } from '../nets/dvae/tensors.ts';
import type { WeightTree } from '../nets/weight-tree.ts';
import {
  add,
  crossEntropy,
  embed,
  gelu,
  layerNorm,
  linear,
  matmul,
  mean,
  mul,
  reshape,
  slice,
  softmax,
  sub,
  tensor,
  transpose,
} from '../ops/index.ts';
import { createRandom } from '../test/helpers/random.ts';
import type { OptimizerSettings } from '../train/optimizer.ts';
import type { ParameterSpec } from '../train/parameters.ts';
import type { TrainingTask } from '../train/trainer.ts';

/** A task and all that a peer needs to do the same. */
export interface BenchTask {
  readonly name: string;
  readonly task: TrainingTask;
  /** Multiply-adds of a step: three times those forward, since products have two gradients. */
  readonly macs: number;
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly batch: RunInputs;
  /** What a peer computes. */
  readonly given:
    | { readonly kind: 'dvae'; readonly sizes: DvaeSizes }
    | { readonly kind: 'transformer'; readonly sizes: TransformerSizes };
}

/** Adam without decay and clipping: what every peer has. An average of the weights is ours alone, and in our time. */
export const OPTIMIZER: OptimizerSettings = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  decay: 0,
  clip: 1e30,
  averaging: 0.999,
};
export const LEARNING_RATE = 1e-3;

export interface DvaeSizes {
  readonly hidden: number;
  readonly vocabulary: number;
  readonly side: number;
  readonly batch: number;
}

export function makeDvaeTask({ hidden, vocabulary, side, batch }: DvaeSizes): BenchTask {
  const common = { n_hid: hidden, n_blk_per_group: 1, vocab_size: vocabulary, group_count: 4 };
  const encoding: EncoderArchitecture = { kind: 'dvae-encoder', input_channels: 3, ...common };
  const decoding: DecoderArchitecture = { kind: 'dvae-decoder', output_channels: 3, n_init: 2 * hidden, ...common };
  const shapes = [encoding, decoding].flatMap((net) =>
    [...expectedTensors(net)].map(([name, shape]) => [`${net.kind}.${name}`, shape] as const),
  );
  const random = createRandom(20211);
  const pixels = Float32Array.from({ length: batch * 3 * side * side }, () => random.uniform());
  return {
    name: `dVAE n_hid ${hidden}, ${side} px, V ${vocabulary}, B ${batch}`,
    macs: 3 * batch * (countMacs(encoding, side) + countMacs(decoding, side)),
    weights: new Map(
      shapes.map(([name, shape]) => {
        const [outputs, ...fan] = shape as [number, ...number[]];
        if (fan.length === 0) return [name, new Float32Array(outputs)];
        const terms = fan.reduce((product, size) => product * size, 1);
        return [name, random.gaussians(outputs * terms, 1 / Math.sqrt(terms))];
      }),
    ),
    batch: { pixels },
    given: { kind: 'dvae', sizes: { hidden, vocabulary, side, batch } },
    task: {
      specs: shapes.toReversed().map(([name, shape]): ParameterSpec => ({ name, shape, decays: true })),
      inputs: { pixels: { shape: [batch, 3, side, side], dtype: 'f32' } },
      settings: OPTIMIZER,
      computeLoss(tree, { pixels }) {
        const codes = softmax(encoder(encoding, branchOf(tree, 'dvae-encoder.'), pixels!), 1);
        const statistics = decoder(decoding, branchOf(tree, 'dvae-decoder.'), codes);
        const error = sub(slice(statistics, [0, 0, 0, 0], pixels!.shape), pixels!);
        return { loss: mean(mul(error, error)), reports: {} };
      },
    },
  };
}

/** Multiply-adds of a picture's way through a net. */
function countMacs(net: EncoderArchitecture | DecoderArchitecture, side: number): number {
  const isEncoder = net.kind === 'dvae-encoder';
  return listConvolutions(net).reduce((sum, { name, inputs, outputs, kernel }) => {
    const group = Number(/group_(\d)/.exec(name)?.[1] ?? (name === 'blocks.input' ? 1 : 4));
    const halvings = isEncoder ? group - 1 : 4 - group;
    return sum + inputs * outputs * kernel ** 2 * (side / 2 ** halvings) ** 2;
  }, 0);
}

/** The weights whose names begin with `prefix`. */
function branchOf(tree: WeightTree, prefix: string): WeightTree {
  return { has: (name) => tree.has(prefix + name), get: (name) => tree.get(prefix + name), handOn: (x) => x };
}

export interface TransformerSizes {
  readonly dim: number;
  readonly heads: number;
  readonly depth: number;
  readonly length: number;
  readonly vocabulary: number;
  readonly batch: number;
}

export function makeTransformerTask(sizes: TransformerSizes): BenchTask {
  const { dim, depth, length, vocabulary, batch } = sizes;
  const shapes = [
    ['embedding', [vocabulary, dim]] as const,
    ['positions', [length, dim]] as const,
    ...Array.from({ length: depth }, (_, layer) => layerShapes(`${layer}.`, dim)).flat(),
    ...normShapes('norm', dim),
    ...linearShapes('logits', dim, vocabulary),
  ];
  const random = createRandom(20212);
  return {
    name: `transformer d${dim} L${depth}, ${length} tokens, B ${batch}`,
    macs: 3 * batch * length * (depth * dim * (12 * dim + 2 * length) + dim * vocabulary),
    weights: new Map(
      shapes.map(([name, shape]) => {
        const count = shape.reduce((product, size) => product * size, 1);
        if (shape.length > 1) return [name, random.gaussians(count, name.includes('.') ? dim ** -0.5 : 0.1)];
        return [name, new Float32Array(count).fill(name.endsWith('gain') ? 1 : 0)];
      }),
    ),
    batch: {
      tokens: random.integers(batch * length, 0, vocabulary - 1),
      next: random.integers(batch * length, 0, vocabulary - 1),
    },
    given: { kind: 'transformer', sizes },
    task: {
      specs: shapes.toReversed().map(([name, shape]): ParameterSpec => ({ name, shape, decays: true })),
      inputs: {
        tokens: { shape: [batch, length], dtype: 'i32' },
        next: { shape: [batch * length], dtype: 'i32' },
      },
      settings: OPTIMIZER,
      computeLoss: (tree, { tokens, next }) => ({ loss: transformerLoss(sizes, tree, tokens!, next!), reports: {} }),
    },
  };
}

type NamedShape = readonly [name: string, shape: readonly number[]];

function normShapes(name: string, dim: number): NamedShape[] {
  return [
    [`${name}.gain`, [dim]],
    [`${name}.shift`, [dim]],
  ];
}

function linearShapes(name: string, inputs: number, outputs: number): NamedShape[] {
  return [
    [`${name}.w`, [outputs, inputs]],
    [`${name}.b`, [outputs]],
  ];
}

function layerShapes(path: string, dim: number): NamedShape[] {
  return [
    ...normShapes(`${path}norm1`, dim),
    ...linearShapes(`${path}qkv`, dim, 3 * dim),
    ...linearShapes(`${path}out`, dim, dim),
    ...normShapes(`${path}norm2`, dim),
    ...linearShapes(`${path}wide`, dim, 4 * dim),
    ...linearShapes(`${path}narrow`, 4 * dim, dim),
  ];
}

function transformerLoss(
  { dim, heads, depth, length, batch }: TransformerSizes,
  tree: WeightTree,
  tokens: Tensor,
  next: Tensor,
): Tensor {
  const norm = (name: string, x: Tensor): Tensor => layerNorm(x, tree.get(`${name}.gain`), tree.get(`${name}.shift`));
  const project = (name: string, x: Tensor): Tensor => linear(x, tree.get(`${name}.w`), tree.get(`${name}.b`));
  const size = dim / heads;
  const unseen = tensor(
    Float32Array.from({ length: length * length }, (_, at) => (at % length > Math.floor(at / length) ? -1e30 : 0)),
    [length, length],
  );
  const attend = (qkv: Tensor): Tensor => {
    const vectors = transpose(reshape(qkv, [batch, length, 3 * heads, size]), [0, 2, 1, 3]); // [B, 3·N, L, D]
    const [query, key, value] = [0, 1, 2].map((part) =>
      reshape(slice(vectors, [0, part * heads, 0, 0], [batch, heads, length, size]), [batch * heads, length, size]),
    ) as [Tensor, Tensor, Tensor];
    const scores = matmul(mul(query, tensor([size ** -0.5], [])), key, undefined, { transposeB: true });
    const mixed = matmul(softmax(add(scores, unseen)), value); // [B·N, L, D]
    return reshape(transpose(reshape(mixed, [batch, heads, length, size]), [0, 2, 1, 3]), [batch * length, dim]);
  };
  let x = embed(tokens, tree.get('embedding'), tree.get('positions'), tensor([0], [1], 'i32')); // [B·L, dim]
  for (let layer = 0; layer < depth; layer++) {
    x = add(x, project(`${layer}.out`, attend(project(`${layer}.qkv`, norm(`${layer}.norm1`, x)))));
    x = add(x, project(`${layer}.narrow`, gelu(project(`${layer}.wide`, norm(`${layer}.norm2`, x)))));
  }
  return mean(crossEntropy(project('logits', norm('norm', x)), next));
}

/** The tasks of the suite. */
export const trainingTasks: readonly BenchTask[] = [
  makeDvaeTask({ hidden: 32, vocabulary: 512, side: 64, batch: 8 }),
  makeTransformerTask({ dim: 192, heads: 6, depth: 6, length: 80, vocabulary: 1024, batch: 8 }),
];
