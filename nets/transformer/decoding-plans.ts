/**
 * The plans of a decoding of one size, and the caches they share. Each is compiled when it is first run: a drawing that
 * is not greedy needs no greedy step, and only a completion reads rows of the image.
 */
import { argmax, compile, div, exp, log, max, sub, sum, tensor } from '../../ops/index.ts';
import type { Compiled, Tensor } from '../../ops/index.ts';
import { textPositions, type TransformerArchitecture } from './architecture.ts';
import { Plans } from '../plans.ts';
import type { WeightTree } from '../weight-tree.ts';
import { createCaches, type LayerCaches } from './caches.ts';
import { nextInputs, nextLogits } from './sequence.ts';
import type { TransformerOptions } from './options.ts';

/** The best token of each candidate [B], and the logarithm of its probability. */
type BestTokens = Readonly<Record<'token' | 'logProbability', Tensor>>;

interface Inputs {
  readonly tokens: Tensor;
  readonly position: Tensor;
}

export class DecodingPlans {
  /** Texts, and candidates: a multiple of them. */
  readonly sequences: number;
  readonly batch: number;
  private readonly architecture: TransformerArchitecture;
  private readonly tree: WeightTree;
  private readonly options: TransformerOptions;
  private readonly caches: readonly LayerCaches[];
  private readonly plans = new Plans('decoding');

  constructor(
    architecture: TransformerArchitecture,
    tree: WeightTree,
    options: TransformerOptions,
    { sequences, batch }: { readonly sequences: number; readonly batch: number },
  ) {
    this.architecture = architecture;
    this.tree = tree;
    this.options = options;
    this.sequences = sequences;
    this.batch = batch;
    this.caches = createCaches(architecture, batch);
  }

  /** The text, all at once: tokens [S, T] → logits of the first image token [S, V]. */
  get prompt(): Compiled<Tensor> {
    return this.compileOnce('prompt', this.sequences, textPositions(this.architecture), (inputs) =>
      this.follow('text', inputs),
    );
  }

  /** A row of image tokens that all candidates of a text have in common: [S, W] → logits of what follows [S, V]. */
  get row(): Compiled<Tensor> {
    return this.compileOnce('row', this.sequences, this.architecture.grid[1], (inputs) => this.follow('image', inputs));
  }

  /** One token for each candidate: [B, 1] → logits of the next one [B, V]. */
  get step(): Compiled<Tensor> {
    return this.compileOnce('step', this.batch, 1, (inputs) => this.follow('image', inputs));
  }

  /** The same, and the best is picked on the device. */
  get greedyStep(): Compiled<BestTokens> {
    return this.compileOnce('greedyStep', this.batch, 1, (inputs) => pickBest(this.follow('image', inputs)));
  }

  dispose(): void {
    void this.plans.dispose();
    for (const layer of this.caches) for (const cache of layer.values()) cache.dispose();
  }

  private follow(kind: 'text' | 'image', inputs: Inputs): Tensor {
    return nextLogits(this.architecture, this.tree, kind, { ...inputs, caches: this.caches, batch: this.batch });
  }

  private compileOnce<T extends Tensor | BestTokens>(
    name: string,
    sequences: number,
    count: number,
    trace: (inputs: Inputs) => T,
  ): Compiled<T> {
    const { device, ...rewriting } = this.options;
    return this.plans.get(name, '', () => compile(device, trace, nextInputs(sequences, count), rewriting));
  }
}

function pickBest(logits: Tensor): BestTokens {
  const highest = max(logits, [1], true);
  const probability = div(tensor([1], [1]), sum(exp(sub(logits, highest)), [1])); // softmax at the highest
  return { token: argmax(logits, 1), logProbability: log(probability) };
}
